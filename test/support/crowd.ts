/** Very many raw WebSocket clients, which join the main namespace and record what they receive. */
import { connect, type Socket as TcpSocket } from "node:net";
import { upgradeRequest } from "./http";
import { nextEvent } from "./waiting";
import { afterHead, clientText, framesOf } from "./websocket-frames";

const HANDSHAKE = upgradeRequest("/socket.io/?EIO=4&transport=websocket");

const CLOSE = 8;

/** The number of clients that connect at the same time. */
const AT_ONCE = 50;

export interface CrowdClient {
  readonly tcp: TcpSocket;
  /** The id of its socket. */
  readonly sid: string;
  /** The frames that have arrived after the response to CONNECT, as text; "close" for a close frame. */
  readonly received: string[];
  /** Sends a text frame. */
  send(text: string): void;
  /** Resolves when the connection is closed, which the client does after a close frame. */
  readonly closed: Promise<unknown>;
}

/** Connects clients, in the order of the result; the caller has to destroy them. */
export async function connectCrowd(port: number, count: number): Promise<CrowdClient[]> {
  const clients: CrowdClient[] = [];
  while (clients.length < count) {
    const more = Math.min(AT_ONCE, count - clients.length);
    clients.push(...(await Promise.all(Array.from({ length: more }, () => connectOne(port)))));
  }
  return clients;
}

async function connectOne(port: number): Promise<CrowdClient> {
  const tcp = connect({ port, host: "127.0.0.1", noDelay: true });
  tcp.on("error", () => {});
  const closed = nextEvent(tcp, "close");
  tcp.write(HANDSHAKE);
  const received: string[] = [];
  let unread: Buffer = Buffer.alloc(0);
  let hasHead = false;
  const sid = await new Promise<string>((resolve, reject) => {
    tcp.on("data", (chunk: Buffer) => {
      unread = Buffer.concat([unread, chunk]);
      if (!hasHead && unread.includes("\r\n\r\n")) {
        hasHead = true;
        unread = afterHead(unread);
        tcp.write(clientText("40"));
      }
      for (const { opcode, payload } of hasHead ? framesOf(unread) : []) {
        const text = payload.toString();
        unread = unread.subarray(payload.byteOffset - unread.byteOffset + payload.length);
        received.push(opcode === CLOSE ? "close" : text);
        opcode === CLOSE && tcp.end();
        text.startsWith('40{"sid":') && resolve(JSON.parse(text.slice("40".length)).sid);
      }
    });
    closed.then(() => reject(new Error("the server has closed the connection")));
  });
  received.length = 0;
  return { tcp, sid, received, closed, send: (text) => tcp.write(clientText(text)) };
}
