/**
 * Lists the functions of the library that one event calls on its way in, and one broadcast on its way out.
 *
 *     npm run build && node scripts/packet-path.mjs
 *
 * One client is connected over a WebSocket. The counts are those of V8 (Profiler.takePreciseCoverage): functions that were
 * called at least once, getters included.
 */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { Session } from "node:inspector/promises";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);
const { Server } = require(root);
const { WebSocket } = require("ws");

const httpServer = createServer();
const io = new Server(httpServer);
await new Promise((resolve) => httpServer.listen(0, resolve));
const client = new WebSocket(
  `ws://localhost:${httpServer.address().port}/socket.io/?EIO=4&transport=websocket`,
);
const socket = await new Promise((resolve) => {
  io.on("connection", resolve);
  client.once("message", () => client.send("40"));
});
socket.join("room");
let onEvent;
socket.on("event", () => onEvent());

/** The client sends an event; resolves when the handler has been called. */
async function sendEvent() {
  const handled = new Promise((resolve) => {
    onEvent = resolve;
  });
  client.send('42["event","data"]');
  await handled;
}

/** The server sends a broadcast; resolves when the client has received it. */
async function broadcast() {
  const received = new Promise((resolve) => client.once("message", resolve));
  io.to("room").emit("event", "data");
  await received;
}

const session = new Session();
session.connect();
await session.post("Profiler.enable");

for (const [title, action] of Object.entries({ "an event in": sendEvent, "a broadcast out": broadcast })) {
  // what happens only the first time does not count
  await action();
  await new Promise(setImmediate);
  await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
  await action();
  await new Promise(setImmediate);
  const { result } = await session.post("Profiler.takePreciseCoverage");
  await session.post("Profiler.stopPreciseCoverage");
  print(title, result);
}
io.close();
client.terminate();

function print(title, scripts) {
  const dist = join(root, "dist");
  const lines = [];
  let count = 0;
  for (const { url, functions } of scripts) {
    const called = functions.filter(({ ranges }) => ranges[0].count > 0);
    if (url.startsWith("file:") && fileURLToPath(url).startsWith(dist) && called.length > 0) {
      count += called.length;
      const functionsOf = new Map();
      const moduleAt = modulesIn(fileURLToPath(url));
      for (const { functionName, ranges } of called) {
        const name = moduleAt(ranges[0].startOffset);
        functionsOf.set(name, [...(functionsOf.get(name) ?? []), functionName || "(anonymous)"]);
      }
      for (const [name, names] of functionsOf) {
        lines.push(`  ${name}: ${names.join(", ")}`);
      }
    }
  }
  console.log(`${title}: ${count} functions in ${lines.length} files\n${lines.sort().join("\n")}\n`);
}

/** Returns a function from a position in a file to the name of its module: the build joins modules, after comments. */
function modulesIn(file) {
  const text = readFileSync(file, "utf8");
  const starts = [...text.matchAll(/^\/\/ lib\/(\S+)\.ts$/gm)];
  const own = relative(join(root, "dist"), file).replace(/\.js$/, "");
  return (offset) => starts.findLast(({ index }) => index <= offset)?.[1] ?? own;
}
