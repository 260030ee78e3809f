/** Reports the events of a stream to its WebSocket, with listeners that all streams share. */
import type { Duplex } from "node:stream";

/** The WebSocket of a stream. */
export interface StreamOwner {
  /** Called with each chunk that has arrived. */
  read(chunk: Buffer): void;
  /** Called when the peer has ended its side of the connection. */
  onStreamEnd(): void;
  onStreamError(error: NodeJS.ErrnoException): void;
  onStreamClose(): void;
}

/** A stream, with the members that only streams over a network have. */
export type NetworkStream = Duplex & {
  readonly encrypted?: boolean;
  setTimeout?(ms: number): void;
  setNoDelay?(): void;
};

/** Disables the timeout of a stream, and the delay with which the operating system sends small chunks (TCP). */
export function disableDelays(stream: NetworkStream): void {
  stream.setTimeout?.(0);
  stream.setNoDelay?.();
}

/** The property of a stream that refers to its owner. Listeners for each stream would take more memory. */
const owner = Symbol("owner");

type OwnedStream = Duplex & { [owner]?: StreamOwner | undefined };

/** Starts reporting the events of a stream to its WebSocket. */
export function reportEvents(stream: OwnedStream, webSocket: StreamOwner): void {
  stream[owner] = webSocket;
  stream.on("close", onClose);
  stream.on("data", onData);
  stream.on("end", onEnd);
  stream.on("error", onError);
}

/** Stops reporting the events of a stream. */
export function stopReporting(stream: OwnedStream): void {
  stream.removeListener("close", onClose);
  stream.removeListener("data", onData);
  stream.removeListener("end", onEnd);
  stream.removeListener("error", onError);
  stream[owner] = undefined;
}

function onData(this: OwnedStream, chunk: Buffer): void {
  this[owner]?.read(chunk);
}

function onEnd(this: OwnedStream): void {
  this[owner]?.onStreamEnd();
}

function onError(this: OwnedStream, error: Error): void {
  this.removeListener("error", onError);
  // the stream may fail again while it is being closed
  this.on("error", () => {});
  this[owner]?.onStreamError(error);
}

function onClose(this: OwnedStream): void {
  const webSocket = this[owner];
  this[owner] = undefined;
  this.removeListener("data", onData);
  webSocket?.onStreamClose();
}
