/** One client of the load generator: a socket with a minimal handshake, which afterwards only counts messages. */
import { connect as connectTcp } from "node:net";
import { connect as connectTls } from "node:tls";
import { marker } from "../messages.mjs";
import { FrameCounter, MarkerCounter } from "../wire/counter.mjs";
import { clientFrame, readMessages } from "../wire/frames.mjs";
import { upgradeRequest } from "../wire/upgrade.mjs";

/** All clients read into the same memory, one after the other. */
const shared = Buffer.allocUnsafe(256 * 1024);

/** @typedef {{ port: number, tls?: boolean, deflate?: boolean }} Target */

/**
 * A TCP or TLS connection to a server on this machine; passes on received data in shared memory.
 *
 * @param {Target} target
 * @param {(bytes: Buffer, length: number) => void} onBytes
 */
export function openSocket({ port, tls }, onBytes) {
  const address = { host: "127.0.0.1", port, noDelay: true };
  if (tls) {
    const socket = connectTls({ ...address, rejectUnauthorized: false });
    socket.on("data", (chunk) => onBytes(chunk, chunk.length));
    socket.once("secureConnect", () => socket.setNoDelay(true));
    return socket;
  }
  const callback = (length, buffer) => {
    onBytes(buffer, length);
    return true;
  };
  return connectTcp({ ...address, onread: { buffer: shared, callback } });
}

export class Client {
  /** @type {Buffer} the data received before the client is ready */
  #handshake = Buffer.alloc(0);
  #upgraded = false;
  #ready = false;
  #counter;

  /**
   * @param {Target} target
   * @param {import("../wire/dialects.mjs").Dialect} dialect
   * @param {object} handlers
   * @param {(client: Client) => void} handlers.onReady
   * @param {(client: Client, messages: number) => void} handlers.onMessages
   * @param {(client: Client, reason: string) => void} handlers.onLost
   */
  constructor(target, dialect, handlers, { index = 0, rooms = 1 } = {}) {
    this.target = target;
    this.dialect = dialect;
    this.handlers = handlers;
    this.index = index;
    this.rooms = rooms;
    this.path = dialect.path(index);
    this.#counter = dialect.batches ? new MarkerCounter(marker) : new FrameCounter();
  }

  open() {
    const socket = openSocket(this.target, (bytes, length) => this.#take(bytes, length));
    this.socket = socket;
    const lost = (reason) => this.handlers.onLost(this, String(reason));
    socket.on("error", lost);
    socket.once("end", () => lost("the server has ended the connection"));
    socket.write(upgradeRequest(this.path, this.target));
    return this;
  }

  /** Disconnects without notice, as a client does whose network fails. */
  drop() {
    this.handlers = silent;
    this.socket.destroy();
  }

  #take(bytes, length) {
    if (!this.#ready) {
      this.#takeHandshake(Buffer.from(bytes.subarray(0, length)));
      return;
    }
    const messages = this.#counter.push(bytes, length);
    if (messages > 0) {
      this.handlers.onMessages(this, messages);
    }
  }

  #takeHandshake(chunk) {
    this.#handshake = Buffer.concat([this.#handshake, chunk]);
    if (!this.#upgraded && !this.#takeHead()) {
      return;
    }
    const { texts, rest, closed } = readMessages(this.#handshake);
    this.#handshake = rest;
    for (const text of texts) {
      const { say = [], ready = false } = this.dialect.hear(text, this.index, this.rooms);
      this.say(say);
      if (ready) {
        this.#ready = true;
        this.#handshake = undefined;
        this.#counter.push(rest);
        this.handlers.onReady(this);
        return;
      }
    }
    if (closed) {
      this.handlers.onLost(this, "the server has closed the connection");
      this.drop();
    }
  }

  /** Returns whether the server has accepted the upgrade to WebSocket. */
  #takeHead() {
    const end = this.#handshake.indexOf("\r\n\r\n");
    if (end === -1) {
      return false;
    }
    const head = this.#handshake.subarray(0, end).toString("latin1");
    if (!head.startsWith("HTTP/1.1 101")) {
      this.handlers.onLost(this, `the server answers ${head.split("\r\n", 1)[0]}`);
      return false;
    }
    this.#handshake = this.#handshake.subarray(end + 4);
    this.#upgraded = true;
    this.say(this.dialect.opening ?? []);
    return true;
  }

  /** @param {string[]} texts */
  say(texts) {
    if (texts.length > 0) {
      this.socket.write(Buffer.concat(texts.map((text) => clientFrame(text, this.target))));
    }
  }
}

const silent = { onReady() {}, onMessages() {}, onLost() {} };
