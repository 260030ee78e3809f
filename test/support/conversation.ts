/** A conversation of a client and a server with events of all kinds, which checks what each side receives. */
import expect from "expect.js";
import type { AnySocket } from "./joined";
import type { ClientSocket } from "./server";
import { eventually, nextEvent, turn } from "./waiting";

const TEXTS = ["plain", "", "ü and 😀, in UTF-8", "x".repeat(126), "é".repeat(70_000)];

/** The arguments of the events that each side sends. */
function lines(count: number, texts: string[]): unknown[][] {
  return Array.from({ length: count }, (_, i) => [
    i,
    texts[i % texts.length],
    ...(i % 3 === 0 ? [Buffer.from([i]), Buffer.from(`bytes ${i}`)] : []),
  ]);
}

/** Both sides send texts, bytes and requests for acknowledgements at the same time; all have to arrive in order. */
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
