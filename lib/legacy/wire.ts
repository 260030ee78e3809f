/** What the server and the client of the legacy API agree on: the namespace, and the first event. */

/** The namespace of the legacy clients. Clients of today use others, over the same server. */
export const NAMESPACE = "/socket.io/legacy";

/** The events between the server and a client. */
export interface ClientEvents {
  message: (message: unknown) => void;
}

/** The events that the server sends to a client. */
export interface ServerEvents extends ClientEvents {
  /** The first event of a session. A client that resumes its session does not receive it again. */
  handshake: (handshake: SessionHandshake) => void;
}

/** The first event that a client receives. */
export interface SessionHandshake {
  /** The id of the session, which other clients may know: it does not allow them to take over the session. */
  readonly sessionid: string;
  /** How long the server keeps the session after the connection is lost, in milliseconds. */
  readonly timeout: number;
}

/** Returns a message in the form in which it is sent: objects and arrays as they are, other values as strings. */
export function sendable(message: unknown): unknown {
  return typeof message === "object" && message !== null ? message : String(message);
}
