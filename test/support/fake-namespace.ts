/** A namespace for tests of in-memory adapters: its sockets write to a list. */
import * as npmAdapters from "socket.io-adapter";
import { Encoder } from "socket.io-parser";
import { subject, subjectName } from "./subject";

/** The adapters of the package under test; those of the reference server are in a separate package. */
export const { Adapter, SessionAwareAdapter } = (
  subjectName === "reference" ? npmAdapters : subject
) as typeof subject;

export type Written = { chunks: any[]; options: any };

export class FakeSocket {
  readonly acks = new Map<number, (...args: any[]) => void>();
  readonly data = {};
  readonly handshake = {} as any;
  /** The data that was written to the connection. */
  readonly written: Written[] = [];
  /** The packets with which the outgoing listeners were notified. */
  readonly notified: any[] = [];
  /** The calls of join, leave and disconnect. */
  readonly calls: any[][] = [];
  readonly client = {
    writeToEngine: (chunks: any[], options: any) => {
      this.written.push({ chunks, options });
    },
  };

  constructor(
    readonly id: string,
    private readonly namespace: FakeNamespace,
  ) {}

  get rooms(): Set<string> {
    return this.namespace.adapter.sids.get(this.id) ?? new Set();
  }

  notifyOutgoingListeners(packet: any): void {
    this.notified.push(packet);
  }

  join(rooms: any): void {
    this.calls.push(["join", rooms]);
  }

  leave(room: any): void {
    this.calls.push(["leave", room]);
  }

  disconnect(close?: any): void {
    this.calls.push(["disconnect", close]);
  }
}

export class FakeNamespace {
  readonly name = "/fake";
  readonly sockets = new Map<string, FakeSocket>();
  _ids = 0;
  /** The number of packets that were encoded. */
  encoded = 0;
  readonly server = {
    encoder: new Encoder(),
    opts: { connectionStateRecovery: { maxDisconnectionDuration: 5000, skipMiddlewares: true } },
  };
  adapter!: InstanceType<typeof Adapter>;

  constructor() {
    const { encoder } = this.server;
    const encode = encoder.encode.bind(encoder);
    encoder.encode = (packet) => {
      this.encoded++;
      return encode(packet);
    };
  }

  _onServerSideEmit(): void {}

  /** Adds a socket that has joined its own room and others. */
  add(id: string, ...rooms: string[]): FakeSocket {
    const socket = new FakeSocket(id, this);
    this.sockets.set(id, socket);
    this.adapter.addAll(id, new Set([id, ...rooms]));
    return socket;
  }
}

/** A namespace with an adapter of this class. */
export function fakeNamespace(AdapterClass: typeof Adapter = Adapter): FakeNamespace {
  const namespace = new FakeNamespace();
  namespace.adapter = new AdapterClass(namespace as any);
  return namespace;
}
