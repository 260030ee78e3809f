/** Encoding and decoding to and from the bytes of a WebSocket, over a stream in memory that is passed to the engine. */
import { once } from "node:events";
import { createServer } from "node:http";
import { Duplex } from "node:stream";
import { FrameCounter } from "../wire/counter.mjs";
import { clientFrame, readMessages } from "../wire/frames.mjs";
import { upgradeRequest } from "../wire/upgrade.mjs";
import { encoded, events, names } from "./events.mjs";

const batch = 64;

/** The server's side of a connection without a network. */
class MemorySocket extends Duplex {
  remoteAddress = "127.0.0.1";
  /** Receives the data that the server writes. */
  onWritten = (_chunk) => {};

  _read() {}

  _write(chunk, _encoding, callback) {
    this.onWritten(chunk);
    callback();
  }

  _writev(chunks, callback) {
    for (const { chunk } of chunks) {
      this.onWritten(chunk);
    }
    callback();
  }

  setTimeout() {
    return this;
  }

  setNoDelay() {
    return this;
  }

  setKeepAlive() {
    return this;
  }
}

/** Performs the handshake, and joins the main namespace. */
async function join(io, server) {
  const socket = new MemorySocket();
  let received = Buffer.alloc(0);
  const heard = (text) =>
    new Promise((resolve) => {
      const look = () => {
        const start = received.indexOf("\r\n\r\n") + 4;
        if (start > 3 && readMessages(received.subarray(start)).texts.some((one) => one.startsWith(text))) {
          resolve(undefined);
        }
      };
      socket.onWritten = (chunk) => {
        received = Buffer.concat([received, chunk]);
        look();
      };
      look();
    });
  server.emit("connection", socket);
  socket.push(upgradeRequest("/socket.io/?EIO=4&transport=websocket"));
  await heard("0");
  const connected = once(io, "connection");
  socket.push(clientFrame("40"));
  const [joined] = await connected;
  await heard("40");
  return { socket, joined };
}

/** @returns {Promise<import("./main.mjs").Micro[]>} */
export async function prepare({ Server }) {
  const server = createServer();
  const io = new Server(server, { pingInterval: 2 ** 31 - 1 });
  const { socket, joined } = await join(io, server);
  const counter = new FrameCounter();
  let written = 0;
  socket.onWritten = (chunk) => {
    written += counter.push(chunk);
  };
  let heard = 0;
  for (const name of names) {
    joined.on(name, () => {
      heard += 1;
    });
  }
  const frames = encoded.map((text) => clientFrame(`4${text}`));
  const everything = Buffer.concat(Array.from({ length: batch }, (_, i) => frames[i % frames.length]));
  return [
    {
      key: "encode",
      times: batch,
      async run() {
        const end = written + batch;
        for (let i = 0; i < batch; i++) {
          joined.emit(...events[i % events.length]);
        }
        await until(() => written === end, "were written");
      },
    },
    {
      key: "decode",
      times: batch,
      async run() {
        const end = heard + batch;
        // servers may unmask in place
        socket.push(Buffer.from(everything));
        await until(() => heard === end, "were heard");
      },
    },
  ];
}

async function until(condition, what) {
  for (let turn = 0; !condition(); turn++) {
    if (turn === 1000) {
      throw new Error(`not all messages ${what}`);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}
