/** A raw client with permessage-deflate (RFC 7692), which compresses and decompresses the messages itself. */
import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import { askUpgrade } from "./http";
import type { Running } from "./server";
import { eventually } from "./waiting";
import { afterHead, clientFrame, framesOf, type ServerFrame } from "./websocket-frames";

/** The bytes that a compressed message omits at its end (RFC 7692, section 7.2.1). */
const TAIL = Buffer.from([0x00, 0x00, 0xff, 0xff]);

const SYNC = constants.Z_SYNC_FLUSH;

/** FIN, RSV1 and the opcode of a text. */
export const COMPRESSED_TEXT = 0xc1;

const WINDOW = 32 * 1024;

/** Compresses a message, with references to the bytes before it. */
export function deflated(text: string | Buffer, before = Buffer.alloc(0), options: object = {}): Buffer {
  const dictionary = before.length > 0 ? { dictionary: before.subarray(-WINDOW) } : {};
  return deflateRawSync(text, { ...options, ...dictionary, finishFlush: SYNC }).subarray(0, -TAIL.length);
}

/** Decompresses a message, with the bytes before it. */
export function inflated(payload: Buffer, before = Buffer.alloc(0), options: object = {}): Buffer {
  const dictionary = before.length > 0 ? { dictionary: before.subarray(-WINDOW) } : {};
  return inflateRawSync(Buffer.concat([payload, TAIL]), { ...options, ...dictionary, finishFlush: SYNC });
}

export interface DeflatingClient {
  tcp: Awaited<ReturnType<typeof askUpgrade>>["socket"];
  /** The value of `Sec-WebSocket-Extensions` in the response. */
  answer: string | undefined;
  /** Compresses a text; refers to the earlier texts, if the client keeps its context. */
  compress(text: string): Buffer;
  /** Sends a compressed text. */
  send(text: string): void;
  /** Sends a frame; its first byte contains FIN, the reserved bits and the opcode. */
  sendFrame(firstByte: number, payload: Buffer): void;
  /** All frames so far. */
  frames(): ServerFrame[];
  /** The texts so far, decompressed with the context of all compressed messages before them. */
  texts(): string[];
  /** Resolves with the texts, as soon as one of them contains this. */
  heard(part: string): Promise<string[]>;
  /** Resolves with the code of the close frame. */
  closeCode(): Promise<number>;
}

/** Opens a connection with permessage-deflate; does not join a namespace. */
export async function openDeflating(
  { port }: Pick<Running, "port">,
  offer = "permessage-deflate",
  windowBits = 15,
): Promise<DeflatingClient> {
  const headers = { "Sec-WebSocket-Extensions": offer };
  const { socket: tcp, received } = await askUpgrade(port, "/socket.io/?EIO=4&transport=websocket", headers);
  await eventually(() => received().includes("\r\n\r\n"));
  const [, answer] = /sec-websocket-extensions: (.*)\r\n/i.exec(received().toString("latin1")) ?? [];
  let sent = Buffer.alloc(0);
  let context = Buffer.alloc(0);
  const texts: string[] = [];
  let read = 0;
  const frames = () => framesOf(afterHead(received()));
  const client: DeflatingClient = {
    tcp,
    answer,
    compress(text) {
      const payload = deflated(text, sent, { windowBits });
      if (!answer?.includes("client_no_context_takeover")) {
        sent = Buffer.concat([sent, Buffer.from(text)]).subarray(-WINDOW);
      }
      return payload;
    },
    send(text) {
      client.sendFrame(COMPRESSED_TEXT, client.compress(text));
    },
    sendFrame(firstByte, payload) {
      tcp.write(clientFrame(firstByte, payload));
    },
    frames,
    texts() {
      for (const { compressed, opcode, payload } of frames().slice(read)) {
        read++;
        if (compressed) {
          const plain = inflated(payload, context);
          context = Buffer.concat([context, plain]).subarray(-WINDOW);
          texts.push(plain.toString());
        } else if (opcode === 1) {
          texts.push(payload.toString());
        }
      }
      return texts;
    },
    async heard(part) {
      await eventually(() => client.texts().some((text) => text.includes(part)));
      return texts;
    },
    async closeCode() {
      let close: ServerFrame | undefined;
      await eventually(() => {
        close = frames().find(({ opcode }) => opcode === 8);
        return close;
      });
      return (close as ServerFrame).payload.readUInt16BE(0);
    },
  };
  return client;
}

/** Opens a connection with permessage-deflate, and joins the main namespace; resolves with its socket too. */
export async function joinDeflating(running: Running, offer?: string, windowBits?: number) {
  const client = await openDeflating(running, offer, windowBits);
  client.send("40");
  const texts = await client.heard('40{"sid"');
  const { sid } = JSON.parse(texts[texts.length - 1].slice("40".length));
  const socket = running.io.of("/").sockets.get(sid);
  if (!socket) {
    throw new Error("the namespace was not joined");
  }
  return { client, socket };
}
