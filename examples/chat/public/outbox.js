/** The messages that are not delivered yet. Each contains its room; texts survive a reload of the page. */
import { recall, remember } from "./storage.js";

export class Outbox {
  /** By nonce: `{ message, error }`; `error` is set when the message could not be sent. */
  #items = new Map();
  #send;
  #onChange;
  #onFailed;
  #onDelivered;

  /**
   * @param send `(event, payload)`: resolves with the server's answer, or with `{ error }`
   * @param onChange `(message, error)`: a message is pending, or could not be sent; also called to show it again
   * @param onFailed `(message, error)`: a message could not be sent just now
   * @param onDelivered `(message)`
   */
  constructor({ send, onChange, onFailed, onDelivered }) {
    this.#send = send;
    this.#onChange = onChange;
    this.#onFailed = onFailed;
    this.#onDelivered = onDelivered;
  }

  /** Sends the messages that remained when the page was last closed. */
  restore() {
    for (const message of recall("sessionStorage", "chat.outbox") ?? []) {
      this.add(message);
    }
  }

  add(message) {
    this.#items.set(message.nonce, { message });
    this.transmit(message.nonce);
  }

  /** Sends a message once more; the server treats a message with the same nonce as the same message. */
  async transmit(nonce) {
    const item = this.#items.get(nonce);
    const { message } = item;
    item.error = undefined;
    this.#save();
    this.#onChange(message);
    const { room, text, image } = message;
    const { error, id, at } = image
      ? await this.#send("image", { nonce, room, name: image.name, data: image.data })
      : await this.#send("message", { nonce, room, text });
    if (error === undefined) {
      this.#items.delete(nonce);
      this.#save();
      this.#onDelivered({ ...message, id, at });
    } else {
      item.error = error;
      this.#onChange(message, error);
      this.#onFailed(message, error);
    }
  }

  /** The pending messages for a room. */
  of(room) {
    return [...this.#items.values()].map(({ message }) => message).filter((message) => message.room === room);
  }

  /** Shows the state of each message again, since the connection has changed. */
  refresh() {
    for (const { message, error } of this.#items.values()) {
      this.#onChange(message, error);
    }
  }

  #save() {
    const texts = [...this.#items.values()].map(({ message }) => message).filter(({ image }) => !image);
    remember("sessionStorage", "chat.outbox", texts);
  }
}
