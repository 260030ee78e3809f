/** Gathers the frames of many connections and writes them once per turn of the event loop. */
import process from "node:process";
import type { Duplex } from "node:stream";

/** The frames of one connection that are buffered until the end of the turn. */
export interface Outbox {
  readonly stream: Duplex;
  /** Complete frames in the order of sending: none, one or many. */
  frames: undefined | Buffer | Buffer[];
  /** Whether the stream is corked until the next flush. */
  isCorked: boolean;
  /** Writes bytes to the stream, if there are any, and uncorks the stream. */
  write(bytes: Buffer | undefined): void;
}

/** The outboxes with frames, or with a corked stream. */
let dirty: Outbox[] = [];
let scheduled = false;
let watchesExit = false;
let isExiting = false;

/** Schedules the flush of an outbox at the end of the turn; the caller has just added its first frame. */
export function flushLater(outbox: Outbox): void {
  if (isExiting) {
    // no further turn of the event loop follows
    flushNow(outbox);
    return;
  }
  dirty.push(outbox);
  if (scheduled) {
    return;
  }
  scheduled = true;
  setImmediate(flushAll);
  if (!watchesExit) {
    watchesExit = true;
    // so that frames that were sent before process.exit() are written
    process.on("exit", () => {
      isExiting = true;
      flushAll();
    });
  }
}

function flushAll(): void {
  scheduled = false;
  const outboxes = dirty;
  dirty = [];
  let done = 0;
  try {
    while (done < outboxes.length) {
      flushNow(outboxes[done++]);
    }
  } finally {
    lastFrames = NO_FRAMES;
    lastJoined = undefined;
    if (done < outboxes.length) {
      // a stream has thrown: the other outboxes are written in the next turn
      dirty.push(...outboxes.slice(done));
      if (!scheduled) {
        scheduled = true;
        setImmediate(flushAll);
      }
    }
  }
}

const NO_FRAMES: Buffer[] = [];

/** The frames that were joined last, and the result: the next receiver of a broadcast has the same frames. */
let lastFrames = NO_FRAMES;
let lastJoined: Buffer | undefined;

/** Writes the frames of an outbox in one write. */
export function flushNow(outbox: Outbox): void {
  const { frames, stream } = outbox;
  if (!frames && !outbox.isCorked) {
    return;
  }
  if (stream.destroyed || stream.writableEnded) {
    // the frames stay: the WebSocket reports a write error when the stream is closed
    return;
  }
  outbox.frames = undefined;
  outbox.write(Array.isArray(frames) ? joined(frames) : frames);
}

function joined(frames: Buffer[]): Buffer {
  if (!lastJoined || !sameFrames(frames, lastFrames)) {
    lastFrames = frames;
    lastJoined = Buffer.concat(frames);
  }
  return lastJoined;
}

function sameFrames(a: readonly Buffer[], b: readonly Buffer[]): boolean {
  if (a.length !== b.length) {
    return false;
  }
  for (let i = a.length - 1; i >= 0; i--) {
    if (a[i] !== b[i]) {
      return false;
    }
  }
  return true;
}
