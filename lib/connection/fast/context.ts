/** The last bytes that a client has compressed, to which its next message may refer. */
import { Buffer } from "node:buffer";

const SMALLEST = 64;

export class Context {
  private memory = Buffer.alloc(0);
  private length = 0;

  /** The bytes, the latest at the end. */
  get bytes(): Buffer {
    return this.memory.subarray(0, this.length);
  }

  /** Adds a message; only the last `most` bytes are kept. */
  add(message: Buffer, most: number): void {
    const added = message.length > most ? message.subarray(-most) : message;
    const needed = Math.min(this.length + added.length, most);
    if (needed > this.memory.length) {
      this.grow(needed, most);
    }
    const surplus = this.length + added.length - most;
    if (surplus > 0) {
      this.memory.copyWithin(0, surplus, this.length);
      this.length -= surplus;
    }
    added.copy(this.memory, this.length);
    this.length += added.length;
  }

  private grow(needed: number, most: number): void {
    let size = Math.max(SMALLEST, 2 * this.memory.length);
    while (size < needed) {
      size *= 2;
    }
    // memory of its own: a part of a pool would keep all of the pool
    const memory = Buffer.allocUnsafeSlow(Math.min(size, most));
    this.memory.copy(memory, 0, 0, this.length);
    this.memory = memory;
  }
}
