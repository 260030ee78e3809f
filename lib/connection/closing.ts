/** Closes a connection so that the client learns the code of the error behind it. */
import type { EngineConnection } from "./port";

/** "policy violation" (RFC 6455, section 7.4.1). */
const POLICY_VIOLATION = 1008;

/**
 * Closes the connection. The code is the reason in the close frame of a WebSocket, and the data of the close packet of
 * long-polling; clients that look for neither take both as they take any other end.
 */
export function closeWithCode(connection: EngineConnection, code: string): void {
  const { transport, writeBuffer } = connection;
  if (transport.name === "polling") {
    closePolling(connection, code);
    return;
  }
  if (writeBuffer?.length) {
    // the engine closes at the same event, behind this
    once(connection, "drain", () => sendCloseFrame(connection, code));
  } else {
    sendCloseFrame(connection, code);
  }
  connection.close();
}

/** Begins to close the WebSocket; an engine that is not known does it by itself, without the code. */
export function sendCloseFrame({ transport: { socket } }: EngineConnection, code: string): void {
  // that of µWebSockets.js is closed at once by close()
  if (socket?.terminate) {
    socket.close?.(POLICY_VIOLATION, code);
  } else {
    socket?.end?.(POLICY_VIOLATION, code);
  }
}

function closePolling(connection: EngineConnection, code: string): void {
  const { transport } = connection;
  const isThere = transport.writable;
  // if the engine sends buffered packets first, its own close packet follows them, without the code
  const sendClose = () => transport.writable && transport.send?.([{ type: "close", data: code }]);
  if (isThere) {
    sendClose();
  } else {
    once(transport, "ready", sendClose);
  }
  // the client that was there needs not come back for another close packet
  connection.close(isThere);
}

function once(
  emitter: Pick<EngineConnection["transport"], "on" | "removeListener">,
  event: string,
  listener: () => void,
): void {
  const hear = () => {
    emitter.removeListener?.(event, hear);
    listener();
  };
  emitter.on?.(event, hear);
}
