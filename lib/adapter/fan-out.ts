/** The adapter of a dynamic namespace: what is said to it is said to all its children. */
import { forgetAck } from "../acks/pending";
import { codedError } from "../errors";
import { forEachAnyway } from "../events/for-each-anyway";
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

/** One of the namespaces that the pattern stands for. */
export interface Child extends Pick<AdapterHost, "sockets"> {
  readonly adapter: AdapterContract;
}

/** Holds no rooms of its own. */
export class FanOutAdapter extends Adapter {
  constructor(
    nsp: AdapterHost,
    private readonly children: ReadonlySet<Child>,
  ) {
    super(nsp);
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
    const sent: [child: Child, copy: BroadcastPacket][] = [];
    for (const child of this.children) {
      const copy = copyOf(packet);
      child.adapter.broadcastWithAck(copy, options, clientCountCallback, ack);
      sent.push([child, copy]);
    }
    if (options.flags?.timeout !== undefined) {
      // each copy has got an id of its own
      setTimeout(() => {
        for (const [child, copy] of sent) {
          forgetAck(child.sockets.values(), copy.id);
        }
      }, options.flags.timeout).unref();
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
    forEachAnyway(this.children, ({ adapter }) => adapter.disconnectSockets(options, close));
  }

  override serverSideEmit(args: unknown[]): void {
    for (const { adapter } of this.children) {
      adapter.serverSideEmit([...args]);
    }
  }
}

/** Adapters write into the packets that they are given. */
function copyOf(packet: BroadcastPacket): BroadcastPacket {
  return { ...packet, data: [...packet.data] };
}
