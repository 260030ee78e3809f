/** The adapter of a dynamic namespace: what is said to it is said to all its children. */
import process from "node:process";
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

/** Called with the error, `null` if all other servers have answered, and the answers that came. */
type ServerSideAck = (error: Error | null, answers?: readonly unknown[]) => void;

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
    const ack = args[args.length - 1];
    const last = typeof ack === "function" ? [this.gatherAnswers(ack as ServerSideAck)] : args.slice(-1);
    for (const { adapter } of this.children) {
      adapter.serverSideEmit([...args.slice(0, -1), ...last]);
    }
  }

  /** Gives what each child calls with the answers of the other servers; `done` is called once, with all of them. */
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

/** Adapters write into the packets that they are given. */
function copyOf(packet: BroadcastPacket): BroadcastPacket {
  return { ...packet, data: [...packet.data] };
}
