/** Gathers the frames of many connections and writes them once per turn of the event loop. */
import type { Duplex } from "node:stream";
import { inNextTurn, onExit } from "../../at-load";

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

/** If more outboxes than this have frames at the end of a turn, they are written in slices, with turns between them. */
const MAX_AT_ONCE = 2048;

/** The time of a slice, in milliseconds, and the number of outboxes after which the time is looked at. */
const SLICE = 5;
const STEP = 16;

/** The outboxes with frames, or with a corked stream. */
let dirty: Outbox[] = [];
let scheduled = false;
let isExiting = false;

/** The outboxes of earlier turns that are written in slices, from the index `nextLate` on. */
let late: Outbox[] = [];
let nextLate = 0;
/** When the last slice ended. */
let sliceEnd = 0;

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
  schedule();
}

// so that frames that were sent before process.exit() are written
onExit(() => {
  isExiting = true;
  try {
    flushLate(Number.POSITIVE_INFINITY);
  } finally {
    flushAll();
  }
});

function schedule(): void {
  if (!scheduled) {
    scheduled = true;
    inNextTurn(flushAll);
  }
}

function flushAll(): void {
  scheduled = false;
  const outboxes = dirty;
  dirty = [];
  if (outboxes.length > MAX_AT_ONCE && !isExiting) {
    // written from the next turn on: this one may have been long already
    postpone(outboxes);
    return;
  }
  let done = 0;
  try {
    while (done < outboxes.length) {
      flushNow(outboxes[done++]);
    }
  } finally {
    forgetJoined();
    if (done < outboxes.length) {
      // a stream has thrown: the other outboxes are written in the next turn
      dirty.push(...outboxes.slice(done));
      schedule();
    }
    if (late.length > 0) {
      flushSlice();
    }
  }
}

function postpone(outboxes: Outbox[]): void {
  if (late.length > 0) {
    late = late.slice(nextLate).concat(outboxes);
    nextLate = 0;
    flushSlice();
  } else {
    late = outboxes;
    sliceEnd = performance.now();
    schedule();
  }
}

/** Writes late outboxes for 5 ms or, if the other work since the last slice has taken longer, for as long as this work. */
function flushSlice(): void {
  const start = performance.now();
  try {
    flushLate(start + Math.max(SLICE, start - sliceEnd));
  } finally {
    sliceEnd = performance.now();
    if (late.length > 0) {
      schedule();
    }
  }
}

/** Writes late outboxes until a point in time. */
function flushLate(end: number): void {
  try {
    while (nextLate < late.length) {
      const outbox = late[nextLate++];
      const { frames } = outbox;
      flushNow(outbox);
      if (outbox.frames === frames) {
        // the stream is closing, so these frames are lost. They are no write error: the application sent them before.
        outbox.frames = undefined;
      }
      if (nextLate % STEP === 0 && performance.now() >= end) {
        break;
      }
    }
  } finally {
    forgetJoined();
    if (nextLate === late.length) {
      late = [];
      nextLate = 0;
    }
  }
}

/** Whether an outbox has frames of an earlier turn that a later slice will write. */
export function isLate(outbox: Outbox): boolean {
  return late.includes(outbox, nextLate);
}

const NO_FRAMES: Buffer[] = [];

/** The frames that were joined last, and the result: the next receiver of a broadcast has the same frames. */
let lastFrames = NO_FRAMES;
let lastJoined: Buffer | undefined;

function forgetJoined(): void {
  lastFrames = NO_FRAMES;
  lastJoined = undefined;
}

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
