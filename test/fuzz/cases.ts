/** The steps that are applied to a server: plain data, so that they can be printed, stored, reduced and repeated. */

/** The servers of the application; see application.ts. */
export type ServerName = "plain" | "old" | "recovery" | "roomy" | "clustered" | GuardedServer;

/** Servers with all guards, which the reference server lacks: see invariants.ts. */
export type GuardedServer = "strict" | "lenient";

export function isGuarded(server: ServerName): server is GuardedServer {
  return server === "strict" || server === "lenient";
}

/** On a guarded server, the number of the honest client's connection. */
export const HONEST = 0;

/**
 * Bytes are latin1 text. `$sid0`, `$pid0`, `$io0`, `$offset0` and `$ack0` are replaced by values that the server sent on
 * connection 0: the id of the session, the private id and the public id of its last socket, the offset of its last event,
 * and the packet id of its last event with an acknowledgement.
 */
export type Step =
  /** Sends an upgrade request over a new connection. */
  | { do: "upgrade"; on: number; query: string; headers?: Record<string, string> }
  /** Sends a text frame, or several in one chunk. */
  | { do: "text"; on: number; text: string; times?: number }
  /** Sends a binary frame. */
  | { do: "binary"; on: number; bytes: string }
  /** Sends raw bytes, split at these places; the server has read each piece before the next one is sent. */
  | { do: "bytes"; on: number; bytes: string; cuts?: number[] }
  /** Sends a request over a new connection. Its response may arrive in a later step; `on` receives the ids. */
  | {
      do: "request";
      on: number;
      method: string;
      query: string;
      headers?: Record<string, string>;
      body?: string;
    }
  /** Sends a control frame, or several in one chunk. */
  | { do: "control"; on: number; kind: "ping" | "pong"; bytes: string; times?: number }
  /** Stops reading from the WebSocket, or from the connection of the latest request; or continues. */
  | { do: "pause" | "resume"; on: number; of?: "request" }
  /** Ends the sending side of such a connection, or resets it, immediately after a text frame. */
  | { do: "end" | "reset"; on: number; of?: "request"; text?: string }
  /** Sends a message of another server to a clustered server, as JSON text. */
  | { do: "message"; json: string }
  /** Continues everything that the application holds back. */
  | { do: "release" }
  /** Advances the clock. */
  | { do: "tick"; ms: number };

export interface Case {
  target: string;
  server: ServerName;
  steps: Step[];
}
