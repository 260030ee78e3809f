/** The latest messages of all rooms, in the memory of this process. */

const defaults = {
  /** The number of messages that are kept, over all rooms. */
  keptMessages: 2000,
  /** The number of bytes of images that are kept, over all rooms. */
  keptBytes: 32 * 1024 * 1024,
  /** The number of messages that a person receives on entering a room. */
  shownMessages: 50,
  /** The number of bytes of images with these messages; older images are only mentioned. */
  shownBytes: 4 * 1024 * 1024,
};

/** The chat awaits its methods, so that a store shared by several processes can replace it. */
class History {
  #settings;
  #messages = [];
  #bytes = 0;

  constructor(settings) {
    this.#settings = { ...defaults, ...settings };
  }

  add(message) {
    this.#messages.push(message);
    this.#bytes += message.image?.size ?? 0;
    while (this.#messages.length > this.#settings.keptMessages || this.#bytes > this.#settings.keptBytes) {
      this.#bytes -= this.#messages.shift().image?.size ?? 0;
    }
  }

  /** The earlier message of this person with the same nonce, if there is one. */
  find(room, userId, nonce) {
    return this.#messages.findLast(
      (message) => message.room === room && message.from.id === userId && message.nonce === nonce,
    );
  }

  /** All messages, oldest first. */
  all() {
    return this.#messages;
  }

  /** Adds messages of another process, unless they exist already. */
  prepend(messages) {
    const known = new Set(this.#messages.map(({ id }) => id));
    const kept = this.#messages;
    this.#messages = [];
    this.#bytes = 0;
    for (const message of [...messages.filter(({ id }) => !known.has(id)), ...kept]) {
      History.prototype.add.call(this, message);
    }
  }

  /** The latest messages of a room, oldest first, and whether there are earlier ones. */
  latest(room) {
    const all = this.#messages.filter((message) => message.room === room);
    const messages = all.slice(-this.#settings.shownMessages);
    let budget = this.#settings.shownBytes;
    for (const [index, message] of [...messages.entries()].reverse()) {
      budget -= message.image?.size ?? 0;
      messages[index] = budget < 0 ? withoutImageData(message) : message;
    }
    return { messages, hasEarlier: all.length > messages.length };
  }
}

function withoutImageData(message) {
  if (message.image === undefined) {
    return message;
  }
  const { data, ...image } = message.image;
  return { ...message, image };
}

module.exports = { History };
