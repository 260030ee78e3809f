/** Checks that a connection of the fast path works with the installed engine.io and ws. */
import { Duplex } from "node:stream";
import { LightSocket } from "./fast/connection";
import { LightEngine } from "./fast/engine";
import { messageFrame } from "./fast/frames";
import { LightTransport } from "./fast/transport";
import { LightWebSocketServer } from "./fast/web-socket-server";
import type { EngineRequest } from "./port";
import { StockSocket } from "./stock";

/** Members that the fast path calls or overrides, and that the conversation below does not reach. */
const MEMBERS = ["clearTransport", "onDrain", "onError", "resetPingTimeout", "flush", "close"] as const;

const MOST_BYTES = 8;

/** What does not work; undefined if all is well. */
export function lightProblem(): string | undefined {
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

/** Opens a WebSocket over a stream in memory, and sends a message in each direction. */
function conversationProblem(): string | undefined {
  const stream = new Line();
  const request = upgradeRequest(stream);
  const options = { maxPayload: MOST_BYTES, noServer: true, clientTracking: false, perMessageDeflate: false };
  new LightWebSocketServer(options).handleUpgrade(request, stream, Buffer.alloc(0), (webSocket) => {
    Object.assign(request, { websocket: webSocket });
  });
  const engine = new LightEngine({ transports: ["polling"] });
  const transport = engine.createTransport("websocket", request);
  if (!(transport instanceof LightTransport)) {
    return "a WebSocket is not served by the fast path";
  }
  const connection = new LightSocket("id", engine, transport, request, 4);
  try {
    const received: unknown[] = [];
    connection.open({ ondata: (data) => received.push(data), onError() {}, onClose() {} });
    if (!connection.pingIntervalTimer) {
      return "a connection has no heartbeat";
    }
    transport.sendFrame(messageFrame("b"));
    transport.socket.read(maskedText("4a"));
    transport.socket.flush();
    if (received[0] !== "a") {
      return "a message of a client does not arrive";
    }
    if (!/^HTTP\/1\.1 101 .*0\{"sid":"id".*4b$/s.test(stream.written)) {
      return "what is sent to a client is not written";
    }
    transport.socket.read(maskedText("4".repeat(MOST_BYTES + 1)));
    return transport.socket.isLight ? "the limit of a message does not arrive" : undefined;
  } finally {
    connection.onClose("forced close");
    stream.destroy();
  }
}

/** The stream of the connection: keeps what is written to it. */
class Line extends Duplex {
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

/** A text frame of a client, with a mask of zeros. */
function maskedText(text: string): Buffer {
  return Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0, ...Buffer.from(text)]);
}
