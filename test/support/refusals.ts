/** Handshakes that are refused: what the client gets, and what the server tells. */
import { channel } from "node:diagnostics_channel";
import type { IncomingMessage } from "node:http";
import type { GuardMessage } from "../../lib/diagnostics";
import { onTestEnd } from "./cleanup";
import { askHandshake, askUpgrade } from "./http";
import type { Running } from "./server";
import { subjectName } from "./subject";
import { eventually } from "./waiting";

/** What the guards tell of requests to this server from now on. */
export function refusalMessages({ port }: { port: number }): GuardMessage[] {
  return messagesAbout((detail) => (detail as IncomingMessage | undefined)?.socket?.localPort === port);
}

/** What the guards tell from now on, if it is about the right thing. */
export function messagesAbout(isMeant: (detail: unknown) => boolean): GuardMessage[] {
  const messages: GuardMessage[] = [];
  const hear = (message: unknown) => {
    if (isMeant((message as GuardMessage).detail)) {
      messages.push(message as GuardMessage);
    }
  };
  const guards = channel("socket.io:guard");
  guards.subscribe(hear);
  onTestEnd(() => guards.unsubscribe(hear));
  return messages;
}

/** The names in `context` of the connections that are refused from now on. */
export function refusedNames(io: Running["io"]): string[] {
  const names: string[] = [];
  io.engine.on("connection_error", ({ context }: { context: { name: string } }) => names.push(context.name));
  return names;
}

/** What a client of Socket.IO 2 gets without `allowEIO3`. */
export const protocol3Refused =
  subjectName === "reference"
    ? "Unsupported protocol version"
    : 'Unsupported protocol version: the server accepts clients of Socket.IO 2 only with its option "allowEIO3"';

const UPGRADE = "/socket.io/?EIO=4&transport=websocket";

/** The statuses of a handshake over either transport. */
export async function statusesOf(
  { url, port }: Pick<Running, "url" | "port">,
  headers: Record<string, string> = {},
): Promise<{ polling: number; websocket: number }> {
  return {
    polling: (await askHandshake(url, { headers })).status,
    websocket: (await answerOfUpgrade(port, UPGRADE, headers)).status,
  };
}

/** The status line of an upgrade as a number, with what else came. */
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
