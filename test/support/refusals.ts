/** Handshakes that are refused: the responses to clients, and the `connection_error` events of the server. */
import { askHandshake, askUpgrade } from "./http";
import type { Running } from "./server";
import { subjectName } from "./subject";
import { eventually } from "./waiting";

/** Collects the `context.name` of each `connection_error` event. */
export function refusedNames(io: Running["io"]): string[] {
  const names: string[] = [];
  io.engine.on("connection_error", ({ context }: { context: { name: string } }) => names.push(context.name));
  return names;
}

/** The message for a client of Socket.IO v2 without `allowEIO3`. */
export const protocol3Refused =
  subjectName === "reference"
    ? "Unsupported protocol version"
    : 'Unsupported protocol version: the server accepts clients of Socket.IO 2 only with its option "allowEIO3"';

const UPGRADE = "/socket.io/?EIO=4&transport=websocket";

/** The status of a handshake over each transport. */
export async function statusesOf(
  { url, port }: Pick<Running, "url" | "port">,
  headers: Record<string, string> = {},
): Promise<{ polling: number; websocket: number }> {
  return {
    polling: (await askHandshake(url, { headers })).status,
    websocket: (await answerOfUpgrade(port, UPGRADE, headers)).status,
  };
}

/** The status and the text of the response to an upgrade request. */
export async function answerOfUpgrade(
  port: number,
  target: string = UPGRADE,
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string }> {
  const { received, ended, socket } = await askUpgrade(port, target, headers);
  await eventually(() => received().includes("\r\n\r\n"));
  const [, status] = /^HTTP\/1.1 (\d+)/.exec(received().toString("latin1")) ?? [];
  if (status !== "101") {
    await ended;
  }
  socket.destroy();
  return { status: Number(status), text: received().toString() };
}
