/** What is done to a server: plain data, so that it can be printed, kept, shrunk and repeated. */

/** The servers that the application runs; see application.ts. */
export type ServerName = "plain" | "old" | "recovery" | "roomy" | GuardedServer;

/** Servers with all guards on, which the reference does not have: see invariants.ts. */
export type GuardedServer = "strict" | "lenient";

export function isGuarded(server: ServerName): server is GuardedServer {
  return server === "strict" || server === "lenient";
}

/** To a guarded server this connection is that of an honest client. */
export const HONEST = 0;

/**
 * Bytes are written as latin1 text. `$sid0`, `$pid0`, `$io0`, `$offset0` and `$ack0` stand for what the server told
 * connection 0: the id of the session, the private id and the public id of its last socket, the offset of its last event,
 * and the id of the last event that wants an answer.
 */
export type Step =
  /** Asks for a WebSocket over a new connection. */
  | { do: "upgrade"; on: number; query: string; headers?: Record<string, string> }
  /** Sends a text frame, once or so many times in one chunk. */
  | { do: "text"; on: number; text: string; times?: number }
  /** Sends a binary frame. */
  | { do: "binary"; on: number; bytes: string }
  /** Sends bytes as they are, cut at these places; the server has read each piece before the next is sent. */
  | { do: "bytes"; on: number; bytes: string; cuts?: number[] }
  /** A request over a connection of its own, whose answer may come in a later step; `on` learns the ids. */
  | {
      do: "request";
      on: number;
      method: string;
      query: string;
      headers?: Record<string, string>;
      body?: string;
    }
  /** Does not read any more. */
  | { do: "pause"; on: number }
  /** Ends the sending half of a connection, or cuts it. */
  | { do: "end" | "reset"; on: number }
  /** Everything that the application holds back goes on. */
  | { do: "release" }
  /** Time passes. */
  | { do: "tick"; ms: number };

export interface Case {
  target: string;
  server: ServerName;
  steps: Step[];
}
