/** The adapter of a dynamic namespace: what is said to it is said to all its children. */
import { codedError } from "../errors";
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

/** Holds no rooms of its own. */
export class FanOutAdapter extends Adapter {
  constructor(
    nsp: AdapterHost,
    private readonly children: ReadonlySet<{ readonly adapter: AdapterContract }>,
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
    for (const { adapter } of this.children) {
      adapter.broadcastWithAck(copyOf(packet), options, clientCountCallback, ack);
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

  override fetchSockets(): Promise<Untyped[]> {
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
    for (const { adapter } of this.children) {
      adapter.disconnectSockets(options, close);
    }
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
