/** Checks that the fast path works with the installed engine.io and ws. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import process from "node:process";
import { Duplex } from "node:stream";
import { warnOnce } from "../../warnings";
import { pollingClasses } from "../polling-classes";
import type { EngineRequest } from "../port";
import { StockSocket } from "../stock";
import { FastConnection } from "./connection";
import { FastEngine } from "./engine";
import { messageFrame } from "./frames";
import { FastTransport } from "./transport";
import { FastWebSocketServer } from "./web-socket-server";

let known: { readonly problem: string | undefined } | undefined;

/** Returns why the fast path is disabled; undefined if it is enabled. The first call runs the check. */
export function fastPathProblem(): string | undefined {
  known ??= { problem: findProblem() };
  return known.problem;
}

function findProblem(): string | undefined {
  if (process.env.SOCKET_IO_FAST_PATH === "off") {
    return "it is switched off";
  }
  if (process.versions.bun) {
    return "Bun replaces the package ws by its own implementation";
  }
  const untested = untestedVersion();
  const problem = untested
    ? `${untested} is not a tested version`
    : (pollingClasses().problem ?? connectionProblem());
  if (problem) {
    warnOnce("SOCKET_IO_FAST_PATH_OFF", problem);
  }
  return problem;
}

/** The versions from `from` on, and below `below`. */
interface Range {
  readonly from: string;
  readonly below: string;
}

/** The tested versions: the same ranges as in package.json. */
const TESTED = {
  "engine.io": { from: "6.6.13", below: "6.7.0" },
  ws: { from: "8.23.0", below: "9.0.0" },
} as const satisfies Record<string, Range>;

/** Returns the name and version of an installed package that was not tested; undefined if there is none. */
function untestedVersion(): string | undefined {
  const installed: Record<keyof typeof TESTED, string | undefined> = {
    "engine.io": versionOf(() => manifestBeside(createRequire(__filename).resolve("engine.io"))),
    ws: versionOf(() => require("ws/package.json")),
  };
  for (const name of ["engine.io", "ws"] as const) {
    const version = installed[name];
    if (version !== undefined && !isWithin(version, TESTED[name])) {
      return `${name} ${version}`;
    }
  }
  return undefined;
}

/** Returns the version in a manifest; undefined if the manifest cannot be read, as in a bundle. */
function versionOf(readManifest: () => unknown): string | undefined {
  try {
    const { version } = readManifest() as { version?: unknown };
    return typeof version === "string" ? version : undefined;
  } catch {
    return undefined;
  }
}

/** engine.io does not export its manifest, which is in the folder above its entry. */
function manifestBeside(entry: string): unknown {
  return JSON.parse(readFileSync(join(dirname(entry), "../package.json"), "utf8"));
}

function isWithin(version: string, { from, below }: Range): boolean {
  return compare(version, from) >= 0 && compare(version, below) < 0;
}

/** Compares major, minor and patch; a pre-release counts as its release. */
function compare(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split(/[.+-]/, 3).map(Number));
  const different = left.findIndex((part, i) => part !== right[i]);
  return different === -1 ? 0 : left[different] - right[different];
}

/** Members that the fast path calls or overrides, and that `conversationProblem()` does not use. */
const MEMBERS = ["clearTransport", "onDrain", "onError", "resetPingTimeout", "flush", "close"] as const;

/** The maximum size of a message in `conversationProblem()`, in bytes. */
const MAX_BYTES = 8;

/** Returns a description of what does not work with a fast connection; undefined if everything works. */
function connectionProblem(): string | undefined {
  const missing = MEMBERS.find((member) => typeof StockSocket.prototype?.[member] !== "function");
  if (missing) {
    return `a connection of engine.io has no ${missing}()`;
  }
  try {
    return conversationProblem();
  } catch (error) {
    return `a connection fails: ${error}`;
  }
}

/** Opens a WebSocket over a stream in memory, and sends a message in each direction; describes what does not work. */
function conversationProblem(): string | undefined {
  const stream = new MemoryStream();
  const request = upgradeRequest(stream);
  const options = { maxPayload: MAX_BYTES, noServer: true, clientTracking: false, perMessageDeflate: false };
  new FastWebSocketServer(options).handleUpgrade(request, stream, Buffer.alloc(0), (webSocket) => {
    Object.assign(request, { websocket: webSocket });
  });
  const engine = new FastEngine({ transports: ["polling"] });
  const transport = engine.createTransport("websocket", request);
  if (!(transport instanceof FastTransport)) {
    return "a WebSocket is not served by the fast path";
  }
  const connection = new FastConnection("id", engine, transport, request, 4);
  try {
    const received: unknown[] = [];
    connection.open({ ondata: (data) => received.push(data), onError() {}, onClose() {} });
    if (transport.socket._pendingAutoPongs !== 0) {
      return "a WebSocket does not count its pongs";
    }
    if (!connection.pingIntervalTimer) {
      return "a connection has no heartbeat";
    }
    transport.socket.sendFrame(messageFrame("b"));
    transport.socket.read(maskedText("4a"));
    transport.socket.flush();
    if (received[0] !== "a") {
      return "a message from a client is not received";
    }
    if (!/^HTTP\/1\.1 101 .*0\{"sid":"id".*4b$/s.test(stream.written)) {
      return "a message to a client is not written";
    }
    connection.sendPacket("message", "c", {}, () => {});
    if (connection.writeBuffer.length !== 1) {
      return "a message is not buffered while the transport is not writable";
    }
    transport.socket.read(maskedText("4".repeat(MAX_BYTES + 1)));
    return transport.socket.isFast ? "the maximum size of a message is not enforced" : undefined;
  } finally {
    connection.onClose("forced close");
    stream.destroy();
  }
}

/** The stream of the connection, which stores the written data. */
class MemoryStream extends Duplex {
  written = "";

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.written += chunk.toString("latin1");
    done();
  }
}

function upgradeRequest(socket: Duplex): EngineRequest {
  const headers = {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-version": "13",
  };
  const _query = { EIO: "4", transport: "websocket" };
  return { method: "GET", headers, socket, connection: socket, _query } as unknown as EngineRequest;
}

/** Returns a text frame of a client, with a mask of zeros. */
function maskedText(text: string): Buffer {
  return Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0, ...Buffer.from(text)]);
}
