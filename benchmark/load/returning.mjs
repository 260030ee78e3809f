/** A client that reconnects as the client of Socket.IO does, and records the numbers that it receives. */
import { dialects } from "../wire/dialects.mjs";
import { Client } from "./client.mjs";

/** The defaults of the client of Socket.IO, in milliseconds. */
const firstDelay = 1000;
const longestDelay = 5000;
const randomness = 0.5;

export class ReturningClient {
  /** By number, counted from the first one: 1 if it was received. */
  received = new Uint8Array(0);
  ready = false;
  /** The times of its returns, in milliseconds since the process started. @type {number[]} */
  returnedAt = [];
  /** For each return, the time from the new connection until the client has joined. @type {number[]} */
  returns = [];
  /** The same, of the returns with missed numbers, which come before. @type {number[]} */
  replays = [];
  refused = 0;
  #plan;
  #onChange;
  #client;
  #session;
  #first = 0;
  #attempts = 0;
  #openedAt = 0;
  #replayed = 0;

  /** @param {{ port: number, dialect: string }} plan @param {() => void} onChange */
  constructor(plan, onChange) {
    this.#plan = plan;
    this.#onChange = onChange;
  }

  /** Starts to record a range of numbers. */
  begin({ from, count }) {
    this.#first = from;
    this.received = new Uint8Array(count);
    this.returnedAt = [];
    this.returns = [];
    this.refused = 0;
  }

  open() {
    this.#openedAt = performance.now();
    this.#replayed = 0;
    const { dialect: name } = this.#plan;
    // never ready in the sense of the handshake, so that each message is decoded
    const dialect = { ...dialects[name], hear: name === "plain" ? this.#hearPlain : this.#hearSocketIo };
    const handlers = { onReady() {}, onMessages() {}, onLost: () => this.#lost() };
    this.#client = new Client(this.#plan, dialect, handlers).open();
    return this;
  }

  /** Cuts the connection, and returns after a time in milliseconds. */
  cut(away) {
    this.#client.drop();
    this.ready = false;
    setTimeout(() => this.open(), away);
  }

  #lost() {
    this.#client.drop();
    if (!this.ready) {
      this.refused += 1;
    }
    this.ready = false;
    const delay = Math.min(firstDelay * 2 ** this.#attempts, longestDelay);
    this.#attempts += 1;
    setTimeout(() => this.open(), delay * (1 - randomness + 2 * randomness * Math.random()));
    this.#onChange();
  }

  #hearPlain = (text) => {
    const { event, data } = JSON.parse(text);
    if (event === "tick") {
      this.#record(data);
    } else {
      this.#returned();
    }
    return {};
  };

  #hearSocketIo = (text) => {
    if (text.startsWith("42")) {
      const [, number, offset] = JSON.parse(text.slice(2));
      if (this.#session && offset !== undefined) {
        this.#session.offset = offset;
      }
      this.#record(number);
    } else if (text.startsWith("40")) {
      const { pid } = JSON.parse(text.slice(2));
      if (pid !== this.#session?.pid) {
        this.#session = pid && { pid };
      }
      this.#returned();
    } else if (text.startsWith("0")) {
      return { say: [`40${this.#session?.offset ? JSON.stringify(this.#session) : ""}`] };
    }
    return {};
  };

  #record(number) {
    if (!this.ready) {
      this.#replayed += 1;
    }
    this.received[number - this.#first] = 1;
    this.#onChange();
  }

  #returned() {
    this.ready = true;
    this.#attempts = 0;
    const now = performance.now();
    this.returnedAt.push(now);
    this.returns.push(now - this.#openedAt);
    if (this.#replayed > 0) {
      this.replays.push(now - this.#openedAt);
    }
    this.#onChange();
  }
}
