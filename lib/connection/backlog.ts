/** Measures, watches, flushes and discards the bytes that are buffered for a client. */
import { FastConnection } from "./fast/connection";
import { freeDictionary } from "./fast/lean-emitter";
import { FastTransport } from "./fast/transport";
import type { EngineConnection } from "./port";
import { destroyStream } from "./remains";
import { bytesIn } from "./write-buffer";

/** Returns the number of buffered bytes: in the engine, in the WebSocket and in its stream. */
export function backlogOf({ writeBuffer, transport }: EngineConnection): number {
  return (
    (writeBuffer ? bytesIn(writeBuffer) : 0) +
    (transport.bufferedAmount ?? transport.socket?.bufferedAmount ?? 0)
  );
}

/** Whether the connection and its WebSocket are open; otherwise the buffered bytes may never be sent. */
export function isOpen({ readyState, transport }: EngineConnection): boolean {
  return readyState === "open" && (transport.socket?.readyState ?? OPEN) === OPEN;
}

/** The state of a WebSocket that is open (WHATWG WebSockets, "The WebSocket interface"). */
const OPEN = 1;

/** Writes the bytes that the WebSocket or the transport has buffered until the end of the turn. */
export function flush({ transport }: EngineConnection): void {
  transport.socket?.flush?.();
  transport.flush?.();
}

/** Closes a connection at once, and discards its buffered data, since the peer might never read them. */
export function closeAndDiscard(connection: EngineConnection): void {
  const { transport } = connection;
  const { socket } = transport;
  connection.close(true);
  destroyStream(transport);
  socket?.terminate?.();
  transport.terminate?.();
}

/** Events of a transport after which fewer bytes may be buffered; over long-polling, "ready" follows a request of the client. */
const FREEING_EVENTS = ["drain", "ready"];

/** Calls `listener` whenever the number of buffered bytes may have decreased, until the returned function is called. */
export function watchBacklog(connection: EngineConnection, listener: () => void): () => void {
  let { transport } = connection;
  const addListeners = () => {
    transport = connection.transport;
    for (const event of FREEING_EVENTS) {
      transport.on?.(event, listener);
    }
  };
  const removeListeners = () => {
    for (const event of FREEING_EVENTS) {
      transport.removeListener?.(event, listener);
    }
    if (transport instanceof FastTransport) {
      freeDictionary(transport);
    }
  };
  const onUpgrade = () => {
    removeListeners();
    addListeners();
    listener();
  };
  addListeners();
  connection.on("upgrade", onUpgrade);
  return () => {
    removeListeners();
    connection.removeListener("upgrade", onUpgrade);
    if (connection instanceof FastConnection) {
      freeDictionary(connection);
    }
  };
}
