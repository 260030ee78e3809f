/** The latest messages of all rooms, in the memory of this process. */

const defaults = {
  /** How many messages are kept, over all rooms. */
  keptMessages: 2000,
  /** How many bytes of images are kept, over all rooms. */
  keptBytes: 32 * 1024 * 1024,
  /** How many messages somebody who joins gets to see. */
  shownMessages: 50,
  /** How many bytes of images they get with them; older images are only mentioned. */
  shownBytes: 4 * 1024 * 1024,
};

/** Its methods are awaited by the chat, so that a store shared by several processes can take its place. */
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

  /** The message that this person sent before under the same mark, if any. */
  find(room, userId, nonce) {
    return this.#messages.findLast(
      (message) => message.room === room && message.from.id === userId && message.nonce === nonce,
    );
  }

  /** Everything that is kept, oldest first. */
  all() {
    return this.#messages;
  }

  /** Takes over what was kept elsewhere, unless it is there already. */
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
