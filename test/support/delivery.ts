/** What the tests of delivery share: which path serves, when a connection is ready, and a conversation to be had. */
import expect from "expect.js";
import { onTestEnd } from "./cleanup";
import type { AnySocket, Joined } from "./joined";
import type { ClientSocket } from "./server";
import { subjectName } from "./subject";
import { eventually, nextEvent } from "./waiting";
import type { Frame } from "./wire";

/** Whether WebSocket connections are served by the fast path. */
export const fastPathServes = subjectName !== "reference" && process.env.SOCKET_IO_FAST_PATH !== "off";

/** For what the reference and the stock path do not promise. */
export const itOnFastPath = subjectName === "reference" || !fastPathServes ? it.skip : it;

/** Whether the library itself reads and writes the frames of this connection. */
export function isFast(socket: AnySocket): boolean {
  return (socket.conn.transport as any).socket?.isFast === true;
}

/** Resolves when what was written has left, and more can be written. */
export function writable({ socket }: { socket: AnySocket }): Promise<void> {
  return eventually(() => (socket.conn.transport as any).writable);
}

/** What came until a last event, which is sent by this. */
export async function receivedBy({ wire, socket }: Joined): Promise<Frame[]> {
  socket.emit("last");
  const frames: Frame[] = [];
  for (let frame = await wire.next(); frame !== '42["last"]'; frame = await wire.next()) {
    frames.push(frame);
  }
  return frames;
}

/** Resolves in the next turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Collects the errors that nothing catches, until the test ends; they would fail it otherwise. */
export function takeUncaught(): string[] {
  const messages: string[] = [];
  const listeners = process.listeners("uncaughtException");
  const take = (error: Error) => messages.push(error.message);
  process.removeAllListeners("uncaughtException");
  process.on("uncaughtException", take);
  onTestEnd(() => {
    process.off("uncaughtException", take);
    for (const listener of listeners) {
      process.on("uncaughtException", listener);
    }
  });
  return messages;
}

const TEXTS = ["plain", "", "ü and 😀, in UTF-8", "x".repeat(126), "é".repeat(70_000)];

/** The arguments of the events that one side sends. */
function lines(count: number, texts: string[]): unknown[][] {
  return Array.from({ length: count }, (_, i) => [
    i,
    texts[i % texts.length],
    ...(i % 3 === 0 ? [Buffer.from([i]), Buffer.from(`bytes ${i}`)] : []),
  ]);
}

/** Both sides send events of all kinds at the same time, and questions between them; all have to come, in their order. */
export async function converse(
  { client, socket }: { client: ClientSocket; socket: AnySocket },
  count = 60,
  texts = TEXTS,
): Promise<void> {
  const said = lines(count, texts);
  const heard = { client: [] as unknown[][], server: [] as unknown[][] };
  client.on("line", (...line: unknown[]) => heard.client.push(line));
  socket.on("line", (...line: unknown[]) => heard.server.push(line));
  client.on("question", (i: number, answer: (i: number, heard: number) => void) =>
    answer(i, heard.client.length),
  );
  socket.on("question", (i: number, answer: (i: number, heard: number) => void) =>
    answer(i, heard.server.length),
  );
  const done = { client: nextEvent(client, "done"), server: nextEvent(socket, "done") };
  const answers: { client: unknown[]; server: unknown[] } = { client: [], server: [] };
  for (const [i, line] of said.entries()) {
    client.emit("line", ...line);
    (i % 2 === 0 ? socket : socket.nsp.to(socket.id)).emit("line", ...line);
    if (i % 10 === 0) {
      client.emit("question", i, (...answer: unknown[]) => answers.client.push(answer));
      socket.emit("question", i, (...answer: unknown[]) => answers.server.push(answer));
      await turn();
    }
  }
  client.emit("done");
  socket.emit("done");
  await Promise.all([done.client, done.server]);
  const expected = said.flatMap((_, i) => (i % 10 === 0 ? [[i, i + 1]] : []));
  await eventually(
    () => answers.client.length === expected.length && answers.server.length === expected.length,
  );
  expect(heard.server).to.eql(said);
  expect(heard.client).to.eql(said);
  expect(answers).to.eql({ client: expected, server: expected });
}
