/** The data of this page about each room: the messages it has received, and the draft. */
import { recall, remember } from "./storage.js";

const MOST_MESSAGES = 100;

export class Rooms {
  #messages = new Map();
  /** The nonces of messages that the server certainly has: they arrived over this connection. */
  #certain = new Set();
  #drafts = new Map(recall("sessionStorage", "chat.drafts"));

  /** Oldest first. Messages that the server has lost come first, marked with `isLost`. */
  messages(room) {
    return this.#messages.get(room) ?? [];
  }

  /** Adds a message; returns false if it is known already. */
  add(message) {
    const messages = this.messages(message.room);
    if (messages.some(({ nonce }) => nonce === message.nonce)) {
      return false;
    }
    this.#certain.add(message.nonce);
    this.#set(message.room, [...messages, message]);
    return true;
  }

  /** Marks all messages as uncertain: the server may have lost them. */
  doubt() {
    this.#certain.clear();
  }

  /** Applies the server's list of a room; returns its messages that are new to this page. */
  update(room, { messages, hasEarlier }) {
    const before = this.messages(room);
    const known = new Set(before.map(({ nonce }) => nonce));
    const listed = new Set(messages.map(({ nonce }) => nonce));
    const others = before.filter(({ nonce }) => !listed.has(nonce));
    const since = others.filter(({ nonce }) => this.#certain.has(nonce));
    let older = others.filter(({ nonce }) => !this.#certain.has(nonce));
    if (!hasEarlier) {
      // the list is all that the server has: it was restarted, or has dropped the oldest
      older = older.map((message) => ({ ...message, isLost: true }));
    } else if (others.length === before.length) {
      // so many messages were missed that the list does not reach back to the known ones
      older = [];
    }
    this.#set(room, [...older, ...messages, ...since]);
    return messages.filter(({ nonce }) => !known.has(nonce));
  }

  draft(room) {
    return this.#drafts.get(room) ?? "";
  }

  keepDraft(room, text) {
    if (text.trim() === "") {
      this.#drafts.delete(room);
    } else {
      this.#drafts.set(room, text);
    }
    remember("sessionStorage", "chat.drafts", [...this.#drafts]);
  }

  #set(room, messages) {
    this.#messages.set(room, messages.slice(-MOST_MESSAGES));
  }
}
