/** Caches the sockets of a room as an array between broadcasts. */
import type { AdapterSocket, Room, SocketId } from "./contract";

/** The ids of the sockets of a room, or of the whole namespace. */
export interface Members {
  readonly size: number;
  has(id: SocketId): boolean;
  keys(): Iterable<SocketId>;
}

/** Stands for all sockets of the namespace, in place of a room. */
export const ALL_SOCKETS = Symbol("all sockets");

/** The minimum number of sockets for which an array is cached. Iterating over a smaller set is fast enough. */
const MIN_CACHED_SIZE = 8;

/** Returns the id by which the adapter knows a socket. */
export function storedIdOf({ _storedId, id }: Pick<AdapterSocket, "_storedId" | "id">): SocketId {
  return _storedId ?? id;
}

/**
 * The cached arrays of one adapter. A broadcast to a room creates its array, a socket that joins is appended, and a socket
 * that leaves deletes the array.
 */
export class Receivers {
  /** The number of times that a socket has left a room. */
  private leaveCount = 0;
  private readonly lists = new Map<Room | typeof ALL_SOCKETS, AdapterSocket[]>();

  /** `isNotified` is whether the adapter calls `joined()` and `left()`; otherwise no arrays are cached. */
  constructor(
    private readonly nsp: { readonly sockets: ReadonlyMap<SocketId, AdapterSocket> },
    private readonly isNotified: boolean,
  ) {}

  /** Called when a socket has joined a room. */
  joined(room: Room | typeof ALL_SOCKETS, id: SocketId): void {
    const list = this.lists.get(room);
    const socket = list && this.nsp.sockets.get(id);
    if (socket) {
      list.push(socket);
    } else if (list) {
      this.lists.delete(room);
    }
  }

  /** Called when a socket has left a room. */
  left(room: Room | typeof ALL_SOCKETS): void {
    this.leaveCount++;
    this.lists.delete(room);
  }

  /** Forgets all arrays. */
  clear(): void {
    this.leaveCount++;
    this.lists.clear();
  }

  /**
   * Calls `visit` for each socket that is in the room at the start, in the order of joining. A socket that leaves
   * before its turn is skipped.
   */
  visit(room: Room | typeof ALL_SOCKETS, members: Members, visit: (socket: AdapterSocket) => void): void {
    const list = this.listOf(room, members);
    const count = list.length;
    const { leaveCount } = this;
    for (let i = 0; i < count; i++) {
      const socket = list[i];
      if (this.leaveCount === leaveCount || members.has(storedIdOf(socket))) {
        visit(socket);
      }
    }
  }

  private listOf(room: Room | typeof ALL_SOCKETS, members: Members): AdapterSocket[] {
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
    if (this.isNotified && list.length === members.size && list.length >= MIN_CACHED_SIZE) {
      this.lists.set(room, list);
    }
    return list;
  }
}
