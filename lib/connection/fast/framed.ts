/** The options of a broadcast whose frame is encoded once for all receivers. */
import type { EncodedWriteOptions } from "../port";
import { joinFrame, splitFrame } from "./frames";

/** The write options of a broadcast that is a single text, which contain its WebSocket frame. */
export class FramedWriteOptions implements EncodedWriteOptions {
  readonly preEncoded = true;
  /** The WebSocket frame in one piece. */
  readonly #frame: Buffer;
  #parts?: Buffer[];

  constructor(
    frame: Buffer,
    readonly volatile?: boolean,
    public compress?: boolean,
  ) {
    this.#frame = frame;
  }

  /** The frame as engine.io reads it: header, payload. */
  get wsPreEncodedFrame(): Buffer[] {
    this.#parts ??= splitFrame(this.#frame);
    return this.#parts;
  }

  /** Returns the WebSocket frame of any options in one piece; undefined if they have none. */
  static frameOf(options: EncodedWriteOptions): Buffer | undefined {
    if (#frame in options) {
      return options.#frame;
    }
    const parts = options.wsPreEncodedFrame;
    if (parts && parts !== lastParts) {
      lastParts = parts;
      lastFrame = joinFrame(parts);
    }
    return parts && lastFrame;
  }
}

/** The parts that were joined last, and the result: the next receiver of a broadcast has the same parts. */
let lastParts: Buffer[] | undefined;
let lastFrame: Buffer | undefined;
