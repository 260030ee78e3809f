/** The clients that stay connected to one server, and the number of messages that they have received. */
import { dialects } from "../wire/dialects.mjs";
import { clientFrame } from "../wire/frames.mjs";
import { Client } from "./client.mjs";

/** The number of clients that connect at the same time. */
const atOnce = 100;

/** The number of different messages that are prepared of each kind; they differ by their ids. */
const variety = 512;

export class Fleet {
  /** @type {Client[]} */
  clients = [];
  received = 0;
  /** Called for each chunk with complete messages. @type {undefined | ((client: Client, messages: number) => void)} */
  onMessages = undefined;
  #trouble = undefined;
  #onProgress = () => {};

  /** @param {{ port: number | number[], dialect: string, clients: number, rooms?: number, tls?: boolean, deflate?: boolean }} plan */
  constructor(plan) {
    this.plan = plan;
    this.dialect = dialects[plan.dialect];
  }

  /** Connects all clients; resolves once all of them are ready. */
  async connect() {
    const { clients, rooms } = this.plan;
    let ready = 0;
    const handlers = {
      onReady: () => {
        ready += 1;
        openNext();
        this.#onProgress();
      },
      onMessages: (client, messages) => {
        this.received += messages;
        this.onMessages?.(client, messages);
        this.#onProgress();
      },
      onLost: (client, reason) => this.#fail(`client ${client.index} is lost: ${reason}`),
    };
    const openNext = () => {
      const index = this.clients.length;
      if (index < clients) {
        const target = { ...this.plan, port: portOf(this.plan, index) };
        this.clients.push(new Client(target, this.dialect, handlers, { index, rooms }).open());
      }
    };
    for (let i = 0; i < atOnce; i++) {
      openNext();
    }
    await this.until(() => ready === clients);
  }

  #fail(reason) {
    this.#trouble ??= new Error(reason);
    this.#onProgress();
  }

  /** Waits without a timer: a message must arrive for the condition to become true. */
  until(condition) {
    return new Promise((resolve, reject) => {
      this.#onProgress = () => {
        if (this.#trouble) {
          this.#onProgress = () => {};
          reject(this.#trouble);
        } else if (condition()) {
          this.#onProgress = () => {};
          resolve(undefined);
        }
      };
      this.#onProgress();
    });
  }

  /** Throws an error if a client is lost. */
  check() {
    if (this.#trouble) {
      throw this.#trouble;
    }
  }

  /** Prepares the frames of a kind of message. */
  frames(kind) {
    if (!this.dialect[kind]) {
      throw new Error(`${this.plan.dialect} has no message "${kind}"`);
    }
    return new Frames((id) => clientFrame(this.dialect[kind](id), this.plan));
  }

  close() {
    for (const client of this.clients) {
      client.drop();
    }
    this.clients = [];
  }
}

/** With several servers, each has the same number of clients in each of its rooms, since it puts them into rooms in turn. */
function portOf({ port, rooms = 1 }, index) {
  return Array.isArray(port) ? port[Math.floor(index / rooms) % port.length] : port;
}

/** The frames of a kind of message, repeatedly. */
export class Frames {
  #frames;
  #next = 0;

  /** @param {(id: number) => Buffer} make */
  constructor(make) {
    this.#frames = Array.from({ length: variety }, (_, id) => make(id));
  }

  next() {
    this.#next = (this.#next + 1) % variety;
    return this.#frames[this.#next];
  }
}
