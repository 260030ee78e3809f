/** The reading half of a light WebSocket: from chunks of bytes to messages. */
import { isUtf8 } from "node:buffer";
import { StockWebSocket, type WebSocketSettings } from "../stock-web-socket";
import { INCOMPLETE, NOT_SIMPLE, readHeader, type SimpleFrame, TEXT, unmask } from "./frames";

/** A frame in more chunks is left to the stock code, which has the limit of the option `maxBufferedChunks`. */
const MOST_PIECES = 1_024;

/** One object for all headers: it is read before the next one is parsed. */
const frame: SimpleFrame = { opcode: 0, mask: 0, length: 0 };

/** Reads whole, masked text and binary frames straight from the chunks of the stream. */
export abstract class FrameReadingWebSocket extends StockWebSocket {
  protected settings: WebSocketSettings | undefined = undefined;
  /** What was read and is not a whole frame, or not handled yet. */
  private chunk: Buffer | undefined = undefined;
  private offset = 0;
  private more: Buffer[] | undefined = undefined;
  private missing = 0;

  /** Takes a frame whose payload is at these places of the chunk. */
  protected abstract takeFrame(
    opcode: number,
    chunk: Buffer,
    start: number,
    end: number,
    isAscii: boolean,
  ): void;

  /** Leaves all that follows to the stock code. */
  protected abstract handOver(): void;

  /** The chunks that were read and not handled. */
  protected takeRest(): Buffer[] {
    const chunks = this.more ?? (this.chunk ? [this.chunk.subarray(this.offset)] : []);
    this.chunk = undefined;
    this.more = undefined;
    return chunks;
  }

  /** @internal Reads the frames of a chunk. */
  read(chunk: Buffer): void {
    if (this.more) {
      this.more.push(chunk);
      this.missing -= chunk.length;
      const { maxBufferedChunks = MOST_PIECES } = this.settings as WebSocketSettings;
      if (this.more.length > MOST_PIECES || this.more.length > maxBufferedChunks) {
        this.handOver();
        return;
      }
      if (this.missing > 0) {
        return;
      }
      this.offset = 0;
      this.readFrames(Buffer.concat(this.takeRest()));
    } else if (this.chunk) {
      // a listener is busy with an earlier frame: the loop that has called it goes on with this
      this.chunk = Buffer.concat([this.chunk.subarray(this.offset), chunk]);
      this.offset = 0;
    } else {
      this.offset = 0;
      this.readFrames(chunk);
    }
  }

  private readFrames(chunk: Buffer | undefined): void {
    try {
      for (let rest = chunk; rest !== undefined && this.readFrame(rest); rest = this.chunk) {}
    } catch (error) {
      // what a listener throws is not swallowed, nor are the frames behind the one it was called for
      process.nextTick(() => this.readFrames(this.chunk));
      throw error;
    }
  }

  /** Reads the first frame of a chunk; false if that has to wait, or is not to be done here. */
  private readFrame(chunk: Buffer): boolean {
    const { maxPayload } = this.settings as WebSocketSettings;
    const start = this.offset;
    const end = readHeader(chunk, start, maxPayload, frame);
    if (end === NOT_SIMPLE) {
      this.chunk = chunk;
      this.handOver();
      return false;
    }
    if (end === INCOMPLETE || end > chunk.length) {
      this.waitForMore(chunk.subarray(start), end === INCOMPLETE ? 1 : end - chunk.length);
      return false;
    }
    const { opcode, mask, length } = frame;
    const isAscii = unmask(chunk, mask, length);
    if (opcode === TEXT && !isAscii && !isUtf8(chunk.subarray(end - length, end))) {
      unmask(chunk, mask, length);
      this.chunk = chunk;
      this.handOver();
      return false;
    }
    this.chunk = end === chunk.length ? undefined : chunk;
    this.offset = end;
    this.takeFrame(opcode, chunk, end - length, end, isAscii);
    return true;
  }

  private waitForMore(rest: Buffer, missing: number): void {
    this.chunk = undefined;
    this.more = [rest];
    this.missing = missing;
  }
}
