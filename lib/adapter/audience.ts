/** Turns rooms and exceptions into socket ids. */
import type { Room, SocketId } from "./contract";

/** Who is where, seen from both sides. */
export interface RoomIndex {
  readonly rooms: ReadonlyMap<Room, ReadonlySet<SocketId>>;
  readonly sids: ReadonlyMap<SocketId, ReadonlySet<Room>>;
}

/** What is meant: the union of some rooms (none means everybody), less everybody in some other rooms. */
export interface Selection {
  readonly rooms?: ReadonlySet<Room>;
  readonly except?: ReadonlySet<Room>;
}

/**
 * Calls `visit` once for each socket id of the selection, in the order of the rooms and of joining.
 *
 * A visitor may make sockets join and leave: one that leaves before its turn is passed over. Whoever is in an excepted
 * room at the start stays out.
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

/** The set may change while it is walked: without the count, a member that leaves and joins again would be met for ever. */
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

/** The ids of all members of the rooms, as they are now; undefined if there are none. */
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
