/** Counts the messages in a stream of WebSocket frames without reading them; chunks may end anywhere. */

export class FrameCounter {
  #header = new Uint8Array(10);
  #headerLength = 0;
  #headerWanted = 2;
  /** The number of bytes of the current frame that have not arrived. */
  #left = 0;

  /**
   * @param {Uint8Array} chunk
   * @param {number} length how much of it counts
   * @returns {number} how many messages are complete by now that were not before
   */
  push(chunk, length = chunk.length) {
    let messages = 0;
    let at = 0;
    while (at < length) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, length - at);
        messages += this.inPayload(chunk, at, at + taken);
        at += taken;
        this.#left -= taken;
        if (this.#left === 0) {
          messages += this.#endOfFrame();
        }
      } else {
        messages += this.#headerByte(chunk[at++]);
      }
    }
    return messages;
  }

  #headerByte(byte) {
    const header = this.#header;
    header[this.#headerLength++] = byte;
    if (this.#headerLength === 2) {
      const short = byte & 0x7f;
      this.#headerWanted = short < 126 ? 2 : short === 126 ? 4 : 10;
    }
    if (this.#headerLength < this.#headerWanted) {
      return 0;
    }
    let length = header[1] & 0x7f;
    if (this.#headerWanted > 2) {
      length = 0;
      for (let i = 2; i < this.#headerWanted; i++) {
        length = length * 256 + header[i];
      }
    }
    this.#headerLength = 0;
    this.#headerWanted = 2;
    this.#left = length + (header[1] & 0x80 ? 4 : 0);
    return this.#left === 0 ? this.#endOfFrame() : 0;
  }

  #endOfFrame() {
    // the last frame of a message, and not a ping, pong or close frame
    return (this.#header[0] & 0x88) === 0x80 ? this.perMessage : 0;
  }

  /** The number of messages that the end of a message counts as. */
  get perMessage() {
    return 1;
  }

  /** The number of messages that a piece of payload counts as. */
  inPayload(_chunk, _from, _to) {
    return 0;
  }
}

/** Counts a byte that occurs once in each message, for protocols that put several messages into one frame. */
export class MarkerCounter extends FrameCounter {
  #byte;

  /** @param {string} marker one ASCII character */
  constructor(marker) {
    super();
    this.#byte = marker.charCodeAt(0);
  }

  get perMessage() {
    return 0;
  }

  inPayload(chunk, from, to) {
    const payload = chunk.subarray(from, to);
    let found = 0;
    for (let at = payload.indexOf(this.#byte); at !== -1; at = payload.indexOf(this.#byte, at + 1)) {
      found += 1;
    }
    return found;
  }
}
