/** The adapter of a dynamic namespace, which forwards each call to the adapters of all its child namespaces. */
import process from "node:process";
import { deleteAck } from "../acks/pending";
import { codedError } from "../errors";
import { forEachThenThrow } from "../events/for-each-then-throw";
import type { Untyped } from "../typed-events";
import type {
  AdapterContract,
  AdapterHost,
  BroadcastAck,
  BroadcastOptions,
  BroadcastPacket,
  Room,
  SocketId,
} from "./contract";
import { Adapter } from "./memory";

/** The members of a child namespace that are used here. */
export interface Child extends Pick<AdapterHost, "sockets"> {
  readonly adapter: AdapterContract;
}

/** Called with an error, or `null` if all other servers have answered, and the answers received so far. */
type ServerSideAck = (error: Error | null, answers?: readonly unknown[]) => void;

/** Forwards each call to the adapters of the child namespaces; it has no rooms itself. */
export class FanOutAdapter extends Adapter {
  /** The copies of a packet that expect acknowledgements: each has its own packet id. */
  private readonly copies = new WeakMap<BroadcastPacket, [child: Child, copy: BroadcastPacket][]>();

  constructor(
    nsp: AdapterHost,
    private readonly children: ReadonlySet<Child>,
  ) {
    super(nsp);
  }

  get localCounts(): number {
    return this.children.size;
  }

  override broadcast(packet: BroadcastPacket, options: BroadcastOptions): void {
    for (const { adapter } of this.children) {
      adapter.broadcast(copyOf(packet), options);
    }
  }

  override broadcastWithAck(
    packet: BroadcastPacket,
    options: BroadcastOptions,
    clientCountCallback: (clientCount: number) => void,
    ack: BroadcastAck,
  ): void {
    const copies: [child: Child, copy: BroadcastPacket][] = [];
    this.copies.set(packet, copies);
    for (const child of this.children) {
      const copy = copyOf(packet);
      child.adapter.broadcastWithAck(copy, options, clientCountCallback, ack);
      copies.push([child, copy]);
    }
  }

  forgetAcks(packet: BroadcastPacket): void {
    for (const [{ adapter, sockets }, copy] of this.copies.get(packet) ?? []) {
      deleteAck(sockets.values(), copy.id);
      adapter.forgetAcks?.(copy);
    }
  }

  override async serverCount(): Promise<number> {
    const counts = await Promise.all([...this.children].map(({ adapter }) => adapter.serverCount()));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  override async sockets(rooms: Set<Room>): Promise<Set<SocketId>> {
    const found = await Promise.all([...this.children].map(({ adapter }) => adapter.sockets(rooms)));
    return new Set(found.flatMap((ids) => [...ids]));
  }

  override async fetchSockets(): Promise<Untyped[]> {
    throw codedError("NO_FETCH_ON_PARENT");
  }

  override addSockets(options: BroadcastOptions, rooms: Room[]): void {
    for (const { adapter } of this.children) {
      adapter.addSockets(options, rooms);
    }
  }

  override delSockets(options: BroadcastOptions, rooms: Room[]): void {
    for (const { adapter } of this.children) {
      adapter.delSockets(options, rooms);
    }
  }

  override disconnectSockets(options: BroadcastOptions, close: boolean): void {
    forEachThenThrow(this.children, ({ adapter }) => adapter.disconnectSockets(options, close));
  }

  override serverSideEmit(args: unknown[]): void {
    const ack = args[args.length - 1];
    const last = typeof ack === "function" ? [this.gatherAnswers(ack as ServerSideAck)] : args.slice(-1);
    for (const { adapter } of this.children) {
      adapter.serverSideEmit([...args.slice(0, -1), ...last]);
    }
  }

  /** Returns the acknowledgement callback for all children. Calls `done` once, with the answers of all children. */
  private gatherAnswers(done: ServerSideAck): ServerSideAck {
    const gathered: unknown[] = [];
    let failure: Error | null = null;
    let awaited = this.children.size;
    if (awaited === 0) {
      process.nextTick(done, null, gathered);
    }
    return (error, answers = []) => {
      failure ??= error;
      gathered.push(...answers);
      awaited--;
      if (awaited === 0) {
        done(failure, gathered);
      }
    };
  }
}

/** Returns a copy of a packet, since adapters modify the packets that they receive. */
function copyOf(packet: BroadcastPacket): BroadcastPacket {
  return { ...packet, data: [...packet.data] };
}
