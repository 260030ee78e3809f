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
  #entries = [];
  #bytes = 0;

  constructor(settings) {
    this.#settings = { ...defaults, ...settings };
  }

  add(room, message) {
    this.#entries.push({ room, message });
    this.#bytes += message.image?.size ?? 0;
    while (this.#entries.length > this.#settings.keptMessages || this.#bytes > this.#settings.keptBytes) {
      this.#bytes -= this.#entries.shift().message.image?.size ?? 0;
    }
  }

  /** The message that this person sent before under the same mark, if any. */
  find(room, userId, nonce) {
    return this.#entries.findLast(
      (entry) => entry.room === room && entry.message.from.id === userId && entry.message.nonce === nonce,
    )?.message;
  }

  /** Everything that is kept, oldest first. */
  all() {
    return this.#entries;
  }

  /** Takes over what was kept elsewhere, unless it is there already. */
  prepend(entries) {
    const known = new Set(this.#entries.map(({ message }) => message.id));
    const kept = this.#entries;
    this.#entries = [];
    this.#bytes = 0;
    for (const { room, message } of [...entries.filter(({ message }) => !known.has(message.id)), ...kept]) {
      History.prototype.add.call(this, room, message);
    }
  }

  /** The latest messages of a room, oldest first. */
  latest(room) {
    const found = this.#entries.filter((entry) => entry.room === room).slice(-this.#settings.shownMessages);
    let budget = this.#settings.shownBytes;
    for (const [index, { message }] of [...found.entries()].reverse()) {
      if (message.image !== undefined) {
        budget -= message.image.size;
      }
      found[index] = budget < 0 ? withoutImageData(message) : message;
    }
    return found;
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
