/** Gathers the frames of many connections and writes them once per turn of the event loop. */
import process from "node:process";
import type { Duplex } from "node:stream";

/** Frames that wait for the end of the turn, of one connection. */
export interface Outbox {
  readonly stream: Duplex;
  /** Complete frames, in the order in which they were sent: none, one or many. */
  frames: undefined | Buffer | Buffer[];
  /** Whether the stream is corked until the next flush. */
  isCorked: boolean;
  /** Gives bytes to the stream, if there are any, and uncorks it. */
  write(bytes: Buffer | undefined): void;
}

/** The outboxes that have something to write. */
let dirty: Outbox[] = [];
let scheduled = false;
let watchesExit = false;
let isExiting = false;

/** Has the frames of an outbox written at the end of the turn; to be called when its first frame is there. */
export function flushLater(outbox: Outbox): void {
  if (isExiting) {
    // there will be no other turn
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
    // what was emitted before process.exit() leaves
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
      // a stream has thrown: the others are still to be written
      dirty.push(...outboxes.slice(done));
      if (!scheduled) {
        scheduled = true;
        setImmediate(flushAll);
      }
    }
  }
}

const NO_FRAMES: Buffer[] = [];

/** The frames that were joined last, and the result: in a broadcast the next receiver has the same ones. */
let lastFrames = NO_FRAMES;
let lastJoined: Buffer | undefined;

/** Writes the frames of an outbox, in one write. */
export function flushNow(outbox: Outbox): void {
  const { frames, stream } = outbox;
  if (!frames && !outbox.isCorked) {
    return;
  }
  if (stream.destroyed || stream.writableEnded) {
    // the frames stay: when the stream is closed, its owner gets a write error for them
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
