/** Selects the ids of the sockets in a set of rooms, without those in excluded rooms. */
import type { Room, SocketId } from "./contract";

/** The members of rooms, and the rooms of sockets. */
export interface RoomIndex {
  readonly rooms: ReadonlyMap<Room, ReadonlySet<SocketId>>;
  readonly sids: ReadonlyMap<SocketId, ReadonlySet<Room>>;
}

/** The sockets in any of `rooms`, or all sockets if it is empty, except those in any of the rooms `except`. */
export interface Selection {
  readonly rooms?: ReadonlySet<Room>;
  readonly except?: ReadonlySet<Room>;
}

/**
 * Calls `visit` once for each socket id of the selection, in the order of the rooms, and in the order of joining within
 * a room.
 *
 * `visit` may make sockets join and leave rooms. A socket that leaves before its turn is skipped. The excluded sockets
 * are determined at the start.
 */
export function audience(
  { rooms, except }: Selection,
  index: RoomIndex,
  visit: (id: SocketId) => void,
): void {
  const excluded = membersOf(except, index);
  if (!rooms || rooms.size === 0) {
    visitAll(index.sids.keys(), index.sids.size, excluded, visit);
    return;
  }
  const seen = rooms.size > 1 ? new Set<SocketId>() : undefined;
  const visitOnce = seen
    ? (id: SocketId) => {
        if (!seen.has(id)) {
          seen.add(id);
          visit(id);
        }
      }
    : visit;
  for (const room of rooms) {
    const members = index.rooms.get(room);
    if (members) {
      visitAll(members, members.size, excluded, visitOnce);
    }
  }
}

/**
 * Visits the first `count` ids. The set may change meanwhile: without the count, a socket that leaves and joins again
 * in each visit would be visited without end.
 */
function visitAll(
  ids: Iterable<SocketId>,
  count: number,
  excluded: ReadonlySet<SocketId> | undefined,
  visit: (id: SocketId) => void,
): void {
  let left = count;
  for (const id of ids) {
    if (left-- === 0) {
      return;
    }
    if (!excluded?.has(id)) {
      visit(id);
    }
  }
}

/** Returns a copy of the ids of all sockets in the rooms; `undefined` if there are none. */
export function membersOf(
  rooms: ReadonlySet<Room> | undefined,
  index: RoomIndex,
): ReadonlySet<SocketId> | undefined {
  if (!rooms || rooms.size === 0) {
    return undefined;
  }
  let union: Set<SocketId> | undefined;
  for (const room of rooms) {
    const members = index.rooms.get(room);
    if (members && !union) {
      union = new Set(members);
    } else if (members) {
      for (const id of members) {
        union?.add(id);
      }
    }
  }
  return union;
}
