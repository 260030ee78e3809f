/** Whether the fast path serves, and which connections it serves. */
import { type SocketType, subjectName } from "./subject";

/** Whether the fast path serves WebSocket connections. */
export const fastPathServes = subjectName !== "reference" && process.env.SOCKET_IO_FAST_PATH !== "off";

/** Like `it`, but skipped on the reference server and on the stock path, which do not promise this behaviour. */
export const itOnFastPath = subjectName === "reference" || !fastPathServes ? it.skip : it;

/** Whether the library itself reads and writes the WebSocket frames of this connection. */
export function isFast(socket: SocketType): boolean {
  return (socket.conn.transport as any).socket?.isFast === true;
}
