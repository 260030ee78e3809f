/** The server that is attacked, in a separate process, which measures itself. */
import { subscribe } from "node:diagnostics_channel";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { monitorEventLoopDelay } from "node:perf_hooks";
import process from "node:process";
import { Server } from "../../support/subject";
import type { FromServer, Question, Report, Setup } from "./messages";
import type { Facts } from "./row";
import { chosen } from "./rows";
import { optionsOf } from "./servers";

/** The intervals at which memory is measured and reported, in milliseconds. */
const LOOK = 20;
const TELL = 100;

// stack traces of TypeScript would increase the costs of errors
process.setSourceMapsEnabled(false);

const setup: Setup = JSON.parse(process.argv[2] as string);
const [row] = chosen(setup.row);
const facts: Facts = {};
const codes = new Set<string>();

const httpServer = createServer((_req, res) => res.writeHead(404).end());
const io = new Server(httpServer, optionsOf(setup.kind, row));
const inTheEnd = row.serve?.(io, (what, times = 1) => {
  facts[what] = (facts[what] ?? 0) + times;
});

/** Records a code, if there is one. */
function told(code: unknown): void {
  if (typeof code === "string") {
    codes.add(code);
  }
}

subscribe("socket.io:guard", (message) => told((message as { code?: unknown }).code));
io.engine.on("connection_error", ({ context }: { context?: { name?: unknown } }) => told(context?.name));
io.on("connection", (socket) => {
  socket.on("are you there?", (answer) => answer());
  socket.on("disconnect", (_reason: string, description?: { code?: unknown }) => told(description?.code));
});

const delays = monitorEventLoopDelay({ resolution: LOOK });
let base = 0;
let baseOfPeak = 0;
let baseInUse = 0;
let peak = 0;

function look(): void {
  peak = Math.max(peak, process.memoryUsage.rss());
}

function inUse(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** The peak so far, which the operating system reports in units of 1024 bytes. */
const mostEver = () => process.resourceUsage().maxRSS * 1024;

async function begin(): Promise<void> {
  baseInUse = inUse();
  base = process.memoryUsage.rss();
  baseOfPeak = mostEver();
  setInterval(look, LOOK);
  setInterval(() => send({ sample: { growth: peak - base } }), TELL);
  await new Promise(setImmediate);
  delays.enable();
  send({ began: true });
}

async function end(): Promise<Report> {
  delays.disable();
  look();
  const most = mostEver();
  const stall = Math.max(0, delays.max / 1e6 - LOOK);
  // weakly referenced objects are collected after the second turn
  inUse();
  await new Promise(setImmediate);
  const kept = inUse() - baseInUse;
  const left = await inTheEnd?.();
  return {
    peak: Math.max(peak, most > baseOfPeak ? most : 0) - base,
    kept,
    stall,
    codes: [...codes],
    facts: { ...facts, ...left },
  };
}

const send = (message: FromServer) => process.send?.(message);

process.on("message", async (question: Question) => {
  if (question === "begin") {
    await begin();
  } else {
    send({ report: await end() });
  }
});
process.on("disconnect", () => process.exit());
httpServer.listen(0, () => send({ port: (httpServer.address() as AddressInfo).port }));
