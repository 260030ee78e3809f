/** A WebTransport session without QUIC: an object with the members of the W3C interface, and the client at its other end. */
import { ReadableStream, TransformStream } from "node:stream/web";
import { createPacketDecoderStream, createPacketEncoderStream, type Packet } from "engine.io-parser";
import type { ServerType } from "./subject";
import { nextValue } from "./waiting";

/** The server's end of the session, for `engine.onWebTransportSession()`. */
export interface FakeSession {
  incomingBidirectionalStreams: ReadableStream;
  closed: Promise<unknown>;
  close(): void;
}

export interface WebTransportClient {
  session: FakeSession;
  /** Sends a packet of the Engine.IO protocol. */
  send(packet: { type: string; data?: unknown }): Promise<void>;
  /** Resolves with the next packet, or with undefined if the server has closed the stream or the session. */
  receive(): Promise<Packet | undefined>;
  /** Sends bytes without encoding them. */
  sendBytes(bytes: Uint8Array): Promise<void>;
  /** Ends the session, as a network failure does. */
  end(): void;
  /** Whether the server has closed the session. */
  isClosed(): boolean;
}

/** A session with one bidirectional stream, which the client has opened. */
export function openSession(): WebTransportClient {
  const toServer = new TransformStream();
  const toClient = new TransformStream();
  let isClosed = false;
  let settle: () => void;
  const closed = new Promise<void>((resolve) => {
    settle = resolve;
  });
  const session: FakeSession = {
    incomingBidirectionalStreams: new ReadableStream({
      start(controller) {
        controller.enqueue({ readable: toServer.readable, writable: toClient.writable });
      },
    }),
    closed,
    close() {
      isClosed = true;
      settle();
    },
  };
  const bytes = toServer.writable.getWriter();
  const encoder = createPacketEncoderStream();
  const packets = encoder.writable.getWriter();
  const encoded = encoder.readable.getReader();
  const received = toClient.readable
    .pipeThrough(createPacketDecoderStream(1e6, "nodebuffer") as any)
    .getReader();
  return {
    session,
    async send(packet) {
      // each packet is a header and a payload
      const written = packets.write(packet);
      for (let part = 0; part < 2; part++) {
        const { value } = await encoded.read();
        await bytes.write(value);
      }
      await written;
    },
    async receive() {
      const next = received.read().then(({ value }) => value as Packet | undefined);
      return Promise.race([next.catch(() => undefined), closed.then(() => undefined)]);
    },
    async sendBytes(chunk) {
      await bytes.write(chunk);
    },
    end: () => settle(),
    isClosed: () => isClosed,
  };
}

/** Makes the engine open a connection over a session. */
export async function openWebTransport(io: ServerType): Promise<{ conn: any; isClosed: () => boolean }> {
  const client = openSession();
  const opened = nextValue(io.engine, "connection");
  io.engine.onWebTransportSession(client.session as never);
  await client.send({ type: "open" });
  return { conn: await opened, isClosed: client.isClosed };
}
