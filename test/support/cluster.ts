/** Several servers of one cluster in one process, whose adapters extend those of npm's socket.io-adapter and share a bus. */

import { deserialize, serialize } from "node:v8";
import {
  ClusterAdapter,
  type ClusterAdapterOptions,
  ClusterAdapterWithHeartbeat,
  type ClusterMessage,
  type ClusterResponse,
  type MessageType,
} from "socket.io-adapter";
import type { ServerOptions } from "../../lib";
import { type Running, startServer } from "./server";
import { eventually } from "./waiting";

/** An adapter on the bus. */
interface Station {
  readonly id: string;
  readonly namespace: string;
  hear(message: ClusterMessage, offset: string): void;
  hearResponse(response: ClusterResponse): void;
}

/** Passes copies of messages to all adapters of the namespace, including the sender, as publish/subscribe does. */
export class Bus {
  /** All messages and responses so far. */
  readonly messages: (ClusterMessage | ClusterResponse)[] = [];
  /** Decides which messages are lost. */
  loses: (message: ClusterMessage | ClusterResponse) => boolean = () => false;
  private readonly stations = new Set<Station>();
  private published = 0;

  enter(station: Station): void {
    this.stations.add(station);
  }

  leave(station: Station): void {
    this.stations.delete(station);
  }

  /** The number of adapters of a namespace. */
  size(namespace: string): number {
    return this.in(namespace).length;
  }

  publish(message: ClusterMessage): Promise<string> {
    const offset = String(++this.published);
    this.pass(message, (sent) => {
      for (const station of this.in(message.nsp)) {
        station.hear(copyOf(sent), offset);
      }
    });
    return Promise.resolve(offset);
  }

  respond(requester: string, response: ClusterResponse): Promise<void> {
    this.pass(response, (sent) => {
      this.in(response.nsp)
        .find((station) => station.id === requester)
        ?.hearResponse(copyOf(sent));
    });
    return Promise.resolve();
  }

  /** The types of the messages so far, each once. */
  types(): MessageType[] {
    return [...new Set(this.messages.map(({ type }) => type))].sort((a, b) => a - b);
  }

  private in(namespace: string): Station[] {
    return [...this.stations].filter((station) => station.namespace === namespace);
  }

  private pass<Message extends ClusterMessage | ClusterResponse>(
    message: Message,
    deliver: (sent: Message) => void,
  ): void {
    // copied at once: the sender may modify it afterwards
    const sent = copyOf(message);
    this.messages.push(sent);
    if (!this.loses(sent)) {
      setImmediate(() => deliver(sent));
    }
  }
}

function copyOf<Message>(message: Message): Message {
  return deserialize(serialize(message));
}

/** Creates adapters that extend `ClusterAdapter`. */
export function clusterAdapter(bus: Bus): ServerOptions["adapter"] {
  return class BusAdapter extends ClusterAdapter implements Station {
    // a class of an application has a public constructor
    constructor(nsp: any) {
      super(nsp);
    }

    get id() {
      return this.uid;
    }

    get namespace() {
      return this.nsp.name;
    }

    override init() {
      bus.enter(this);
    }

    override close() {
      bus.leave(this);
    }

    override async serverCount() {
      return bus.size(this.namespace);
    }

    hear(message: ClusterMessage, offset: string) {
      this.onMessage(message, offset);
    }

    hearResponse(response: ClusterResponse) {
      this.onResponse(response);
    }

    doPublish(message: ClusterMessage) {
      return bus.publish(message);
    }

    doPublishResponse(requester: string, response: ClusterResponse) {
      return bus.respond(requester, response);
    }
  };
}

/** Creates adapters that extend `ClusterAdapterWithHeartbeat`, as a function that is not a class. */
export function heartbeatAdapter(bus: Bus, options: ClusterAdapterOptions = {}): ServerOptions["adapter"] {
  class HeartbeatBusAdapter extends ClusterAdapterWithHeartbeat implements Station {
    constructor(nsp: any) {
      super(nsp, options);
    }

    get id() {
      return this.uid;
    }

    get namespace() {
      return this.nsp.name;
    }

    override init() {
      bus.enter(this);
      super.init();
    }

    override close() {
      super.close();
      bus.leave(this);
    }

    hear(message: ClusterMessage, offset: string) {
      this.onMessage(message, offset);
    }

    hearResponse(response: ClusterResponse) {
      this.onResponse(response);
    }

    doPublish(message: ClusterMessage) {
      return bus.publish(message);
    }

    doPublishResponse(requester: string, response: ClusterResponse) {
      return bus.respond(requester, response);
    }
  }
  // called with `new`, like the functions of published adapters: not an arrow function
  return function createAdapter(nsp: any) {
    return new HeartbeatBusAdapter(nsp);
  };
}

export interface Cluster {
  bus: Bus;
  nodes: Running[];
}

/** Starts servers that share a bus. Default: their adapters extend `ClusterAdapter`. */
export async function startCluster(
  size: number,
  options: Partial<ServerOptions> = {},
  makeAdapter: (bus: Bus) => ServerOptions["adapter"] = clusterAdapter,
): Promise<Cluster> {
  const bus = new Bus();
  const nodes: Running[] = [];
  const adapter = makeAdapter(bus);
  for (let i = 0; i < size; i++) {
    nodes.push(await startServer({ adapter, ...options }));
  }
  return { bus, nodes };
}

/** Resolves when each server knows all others. */
export async function acquainted({ nodes }: Cluster, namespace = "/"): Promise<void> {
  for (const { io } of nodes) {
    await eventually(async () => (await io.of(namespace).adapter.serverCount()) === nodes.length);
  }
}
