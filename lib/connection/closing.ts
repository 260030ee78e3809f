/** Closes a connection with the code of an error, which the client receives. */
import type { Duplex } from "node:stream";
import { flush } from "./backlog";
import type { EngineConnection } from "./port";
import type { CloseDeadline } from "./remains";
import { StockWebSocket } from "./stock";

/** The time in which a client can still read the code, in milliseconds. */
const CODE_TIMEOUT = 1_000;

/** The most bytes that are read from a client after the server has closed its connection. */
const MAX_DISCARDED = 1_000_000;

/** The state of a WebSocket that is being closed (WHATWG WebSockets, "The WebSocket interface"). */
const CLOSING = 2;

/** "policy violation" (RFC 6455, section 7.4.1). */
const POLICY_VIOLATION = 1008;

/**
 * Closes the connection. Over WebSocket, the code is the reason in the close frame; over long-polling and server-sent events,
 * it is the data of the close packet. For clients that ignore it, this is an ordinary end of the connection.
 */
export function closeWithCode(connection: EngineConnection, code: string, deadline: CloseDeadline): void {
  const { transport, writeBuffer } = connection;
  if (transport.name === "polling") {
    closePolling(connection, code);
    return;
  }
  if (transport.setCloseCode) {
    transport.setCloseCode(code);
  } else if (writeBuffer?.length) {
    // connection.close() adds its own "drain" listener, which runs after this one and closes the transport
    once(connection, "drain", () => closeWebSocket(connection, code));
  } else {
    closeWebSocket(connection, code);
  }
  // before the connection is closed, which would leave more time
  deadline.applyWithin(transport, CODE_TIMEOUT);
  connection.close();
}

/** Sends a close frame with the code, and handles no further frames. */
function closeWebSocket(connection: EngineConnection, code: string): void {
  const { socket } = connection.transport;
  if (!(socket instanceof StockWebSocket)) {
    sendCloseFrame(connection, code);
    return;
  }
  const { _socket: stream } = socket;
  if (!stream) {
    return;
  }
  flush(connection);
  const isFlushed = socket.bufferedAmount === 0;
  sendCloseFrame(connection, code);
  discardIncoming(stream);
  if (isFlushed) {
    // the client need not wait until the stream is destroyed
    stream.end();
  }
}

/** Discards what the client has sent before it has read the code. */
function discardIncoming(stream: Duplex): void {
  stream.removeAllListeners("data");
  limitIncoming(stream);
  stream.resume();
}

/** Destroys a stream if the client sends much more after the end: nothing of it is used. */
function limitIncoming(stream: Duplex): void {
  let received = 0;
  stream.on("data", (chunk: Buffer) => {
    received += chunk.length;
    if (received > MAX_DISCARDED) {
      stream.destroy();
    }
  });
}

/** Closes a connection after the buffered packets have been sent. The client can still read them until the deadline. */
export function closeConnection(connection: EngineConnection, deadline: CloseDeadline): void {
  connection.close();
  const { transport } = connection;
  if (transport.pendingResponse) {
    // engine.io waits until the client polls again
    deadline.apply(transport);
  }
  const { socket } = transport;
  if (socket instanceof StockWebSocket && socket._socket && socket.readyState === CLOSING) {
    limitIncoming(socket._socket);
  }
}

/** Sends a close frame with the code. Does nothing if the WebSocket has no method for that; the engine then closes it. */
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
  // does nothing if the engine has just sent buffered packets: its own close packet, without the code, follows these
  const sendClose = () => transport.writable && transport.send?.([{ type: "close", data: code }]);
  if (hasRequest) {
    sendClose();
  } else {
    once(transport, "ready", sendClose);
  }
  // discards the session if the close packet was sent: the engine need not wait for another request of the client
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
