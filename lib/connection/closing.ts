/** Closes a connection with the code of an error, which the client receives. */
import type { EngineConnection } from "./port";

/** "policy violation" (RFC 6455, section 7.4.1). */
const POLICY_VIOLATION = 1008;

/**
 * Closes the connection. Over WebSocket, the code is the reason in the close frame; over long-polling, it is the data of the
 * close packet. Clients that read neither see an ordinary end of the connection.
 */
export function closeWithCode(connection: EngineConnection, code: string): void {
  const { transport, writeBuffer } = connection;
  if (transport.name === "polling") {
    closePolling(connection, code);
    return;
  }
  if (writeBuffer?.length) {
    // the engine closes at the same event, after this listener
    once(connection, "drain", () => sendCloseFrame(connection, code));
  } else {
    sendCloseFrame(connection, code);
  }
  connection.close();
}

/** Sends the close frame of the WebSocket; an unknown engine sends it by itself, without the code. */
export function sendCloseFrame({ transport: { socket } }: EngineConnection, code: string): void {
  // close() of µWebSockets.js sends no close frame
  if (socket?.terminate) {
    socket.close?.(POLICY_VIOLATION, code);
  } else {
    socket?.end?.(POLICY_VIOLATION, code);
  }
}

function closePolling(connection: EngineConnection, code: string): void {
  const { transport } = connection;
  const hasRequest = transport.writable;
  // if buffered packets are sent first, the close packet of the engine follows them, without the code
  const sendClose = () => transport.writable && transport.send?.([{ type: "close", data: code }]);
  if (hasRequest) {
    sendClose();
  } else {
    once(transport, "ready", sendClose);
  }
  // a client that has received the close packet does not have to send another request for it
  connection.close(hasRequest);
}

function once(
  emitter: Pick<EngineConnection["transport"], "on" | "removeListener">,
  event: string,
  listener: () => void,
): void {
  const onEvent = () => {
    emitter.removeListener?.(event, onEvent);
    listener();
  };
  emitter.on?.(event, onEvent);
}
