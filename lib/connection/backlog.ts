/** What waits for a connection: how much, when that changes, and how to let go of it. */

import { FastConnection } from "./fast/connection";
import { freeDictionary } from "./fast/lean-emitter";
import { FastTransport } from "./fast/transport";
import type { EngineConnection } from "./port";
import { bytesIn } from "./write-buffer";

/** How many bytes wait: in the buffer of the engine, in the WebSocket and in its stream. */
export function backlogOf({ writeBuffer, transport }: EngineConnection): number {
  return (
    (writeBuffer ? bytesIn(writeBuffer) : 0) +
    (transport.bufferedAmount ?? transport.socket?.bufferedAmount ?? 0)
  );
}

/** False if what waits may never be taken. */
export function isUp({ readyState, transport }: EngineConnection): boolean {
  return readyState === "open" && (transport.socket?.readyState ?? OPEN) === OPEN;
}

/** The state of a WebSocket that is open (WHATWG WebSockets, "The WebSocket interface"). */
const OPEN = 1;

/** Gives the kernel what waits for the end of the turn only. */
export function writeOut({ transport }: EngineConnection): void {
  transport.socket?.flush?.();
}

/** Ends a connection, and frees what waits for it: the peer might never take it. */
export function letGo(connection: EngineConnection): void {
  const { transport } = connection;
  const { socket } = transport;
  connection.close(true);
  socket?.terminate?.();
  transport.terminate?.();
}

/** Events of a transport after which less may wait; over long-polling, that is when the client has fetched. */
const OF_TRANSPORT = ["drain", "ready"];

/** Calls `listener` each time when less may wait, until the returned function is called. */
export function watchBacklog(connection: EngineConnection, listener: () => void): () => void {
  let { transport } = connection;
  const join = () => {
    transport = connection.transport;
    for (const event of OF_TRANSPORT) {
      transport.on?.(event, listener);
    }
  };
  const leave = () => {
    for (const event of OF_TRANSPORT) {
      transport.removeListener?.(event, listener);
    }
    if (transport instanceof FastTransport) {
      freeDictionary(transport);
    }
  };
  const onUpgrade = () => {
    leave();
    join();
    listener();
  };
  join();
  connection.on("upgrade", onUpgrade);
  return () => {
    leave();
    connection.removeListener("upgrade", onUpgrade);
    if (connection instanceof FastConnection) {
      freeDictionary(connection);
    }
  };
}
