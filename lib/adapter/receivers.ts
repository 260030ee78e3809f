/** The sockets of a room as an array, kept from one broadcast to the next. */
import type { AdapterSocket, Room, SocketId } from "./contract";

/** The ids of a room, or of everybody. */
export interface Members {
  readonly size: number;
  has(id: SocketId): boolean;
  keys(): Iterable<SocketId>;
}

/** Everybody, for which there is no room. */
export const EVERYBODY = Symbol("everybody");

/** Smaller rooms are walked quickly as they are. */
const WORTH_KEEPING = 8;

/** Must be told who joins and leaves; a list is made when a room is broadcast to, and dropped when somebody leaves. */
export class Receivers {
  /** How often somebody has left a room. */
  private leavings = 0;
  private readonly lists = new Map<Room | typeof EVERYBODY, AdapterSocket[]>();

  /** Without being told of everybody who joins or leaves, no list is kept. */
  constructor(
    private readonly nsp: { readonly sockets: ReadonlyMap<SocketId, AdapterSocket> },
    private readonly isTold: boolean,
  ) {}

  /** Somebody has joined a room. */
  joined(room: Room | typeof EVERYBODY, id: SocketId): void {
    const list = this.lists.get(room);
    const socket = list && this.nsp.sockets.get(id);
    if (socket) {
      list.push(socket);
    } else if (list) {
      this.lists.delete(room);
    }
  }

  /** Somebody has left a room. */
  left(room: Room | typeof EVERYBODY): void {
    this.leavings++;
    this.lists.delete(room);
  }

  /**
   * Calls `visit` for each socket that is in the room now, in the order of joining. A socket that leaves before its turn
   * is passed over.
   */
  visit(room: Room | typeof EVERYBODY, members: Members, visit: (socket: AdapterSocket) => void): void {
    const list = this.listOf(room, members);
    const count = list.length;
    const { leavings } = this;
    for (let i = 0; i < count; i++) {
      const socket = list[i];
      if (this.leavings === leavings || members.has(socket.id)) {
        visit(socket);
      }
    }
  }

  private listOf(room: Room | typeof EVERYBODY, members: Members): AdapterSocket[] {
    const kept = this.lists.get(room);
    if (kept?.length === members.size) {
      return kept;
    }
    const list: AdapterSocket[] = [];
    for (const id of members.keys()) {
      const socket = this.nsp.sockets.get(id);
      if (socket) {
        list.push(socket);
      }
    }
    if (this.isTold && list.length === members.size && list.length >= WORTH_KEEPING) {
      this.lists.set(room, list);
    }
    return list;
  }
}
