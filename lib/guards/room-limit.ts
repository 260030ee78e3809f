/** Limits the number of rooms of a socket (option limits.roomsPerSocket). */
import type { Room, SocketId } from "../adapter/contract";

/**
 * Whether joining these rooms exceeds the limit. The room of the socket's id always counts, even before it is joined.
 */
export function wouldBeTooManyRooms(
  id: SocketId,
  joined: ReadonlySet<Room>,
  rooms: Room | Room[],
  max: number,
): boolean {
  const others = (room: Room) => room !== id && !joined.has(room);
  const added = Array.isArray(rooms) ? new Set(rooms.filter(others)).size : Number(others(rooms));
  return joined.size + Number(!joined.has(id)) + added > max && added > 0;
}
