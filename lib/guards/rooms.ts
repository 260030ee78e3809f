/** How many rooms a socket may be in. */
import type { Room, SocketId } from "../adapter/contract";

/** Whether these rooms would be too many; the room of the socket's own id counts, joined or not yet. */
export function wouldBeTooManyRooms(
  id: SocketId,
  joined: ReadonlySet<Room>,
  rooms: Room | Room[],
  most: number,
): boolean {
  const others = (room: Room) => room !== id && !joined.has(room);
  const added = Array.isArray(rooms) ? new Set(rooms.filter(others)).size : Number(others(rooms));
  return joined.size + Number(!joined.has(id)) + added > most && added > 0;
}
