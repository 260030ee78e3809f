/** Compares what a test sees with the texts and codes that a row of docs/troubleshooting.md quotes. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import expect from "expect.js";
import { root } from "./repository";
import type { Running } from "./server";
import { nextEvent } from "./waiting";

/** The texts that the client and the server report: messages, reasons, statuses and codes. */
export interface Seen {
  client?: readonly string[];
  server?: readonly string[];
}

/** A socket of the client or of the server. */
type Source = Parameters<typeof nextEvent>[0];

/** Names of events and members in the table, which say where a report appears. */
const PLACES: ReadonlySet<string> = new Set([
  "/socket.io/socket.io.js",
  "close",
  "connect",
  "cookie",
  "error",
  "error.data",
  "fetchSockets()",
  "onHandlerError",
  "socket.data",
  "socket.id",
  "socket.io.engine",
  "socket.io:guard",
  "timeout()",
  "upgradeError",
]);

/** Checks that a row quotes exactly the texts that were seen. A quotation that ends with "…" is the beginning of a text. */
export function expectRow(row: string, { client = [], server = [] }: Seen): void {
  const page = readFileSync(join(root, "docs/troubleshooting.md"), "utf8");
  const line = page
    .split("\n")
    .find((text) => text.startsWith(`| <a id="${row.toLowerCase()}"></a>${row} |`));
  if (line === undefined) {
    throw new Error(`docs/troubleshooting.md has no row ${row}`);
  }
  const [, clientCell = "", serverCell = ""] = line.split(" | ");
  for (const [side, cell, seen] of [
    ["client", clientCell, client],
    ["server", serverCell, server],
  ] as const) {
    const quoted = quotations(cell);
    const shown = [...new Set(seen)].map((text) => quoted.find((quote) => isQuotedBy(text, quote)) ?? text);
    expect({ [side]: [...new Set(shown)].sort() }).to.eql({ [side]: quoted.sort() });
  }
}

function quotations(cell: string): string[] {
  const texts = [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text as string);
  return [...new Set(texts)].filter((text) => !PLACES.has(text));
}

function isQuotedBy(text: string, quote: string): boolean {
  return quote.endsWith("…") ? text.startsWith(quote.slice(0, -1)) : text === quote;
}

/** The texts that a client reports with its next `connect_error`. */
export function refusal(client: Source): Promise<string[]> {
  // the client empties the response after the event
  return new Promise((resolve) => client.on("connect_error", (error) => resolve(textsOf(error))));
}

/** The texts that a client reports with its next `disconnect`. */
export async function clientEnd(client: Source): Promise<string[]> {
  const [reason, details] = await nextEvent(client, "disconnect");
  return [reason, ...textsOf(details)];
}

/** The texts that the server reports with the next `disconnect` of a socket. */
export async function serverEnd(socket: Source): Promise<string[]> {
  const [reason, description] = await nextEvent(socket, "disconnect");
  const text = description instanceof Error ? ((description as any).code ?? description.message) : undefined;
  return text === undefined ? [reason] : [reason, text];
}

/** Collects the texts of all `connection_error` events of a server. */
export function connectionErrors({ io }: Pick<Running, "io">): string[] {
  const texts: string[] = [];
  io.engine.on("connection_error", ({ code, message, context }: any) => {
    texts.push(String(code), message, ...(context?.name ? [context.name] : []));
  });
  return texts;
}

/**
 * The texts in an error of a client, or in the details of a disconnection: its message, the status of the response and the
 * message in it, the close code of a WebSocket and its reason.
 */
function textsOf(error: any): string[] {
  if (!error) {
    return [];
  }
  const { message, description, context } = error;
  const texts = [message];
  if (typeof description === "number") {
    texts.push(String(description), answerText(context?.responseText));
  } else if (context?.type === "close") {
    texts.push(String(context.code), context.reason);
  } else {
    texts.push(description?.message);
  }
  return texts.filter((text) => typeof text === "string" && text !== "");
}

/** The message in a response of the server; undefined if another program has responded. */
function answerText(text: string | undefined): string | undefined {
  try {
    return JSON.parse(text as string).message;
  } catch {
    return undefined;
  }
}
