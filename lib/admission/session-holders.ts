/** Ensures that a session belongs to one socket at a time. */
import process from "node:process";
import type { PrivateSessionId, SocketId } from "../adapter/contract";
import { type CodedError, codedError } from "../errors";

/** A socket that is connected, or being connected, with a session. */
interface SessionHolder {
  readonly id: SocketId;
  readonly client: { closeFor(error: CodedError<"SESSION_REUSED">, detail: undefined, isGone: true): void };
}

/** The sockets of a namespace, by their private session ids. */
export class SessionHolders {
  private readonly holders = new Map<PrivateSessionId, SessionHolder>();

  /** Returns the socket of this server that has this session, if any. */
  find(pid: PrivateSessionId): SessionHolder | undefined {
    return this.holders.get(pid);
  }

  /**
   * Closes the connection of the socket with this session, whose client has reconnected before the server noticed the loss
   * of that connection. Errors of its listeners are uncaught, and do not concern the client that returns.
   */
  closeHolderOf(pid: PrivateSessionId): void {
    try {
      this.holders.get(pid)?.client.closeFor(codedError("SESSION_REUSED"), undefined, true);
    } catch (error) {
      process.nextTick(rethrow, error);
    }
  }

  add(pid: PrivateSessionId, holder: SessionHolder): void {
    this.holders.set(pid, holder);
  }

  remove(pid: PrivateSessionId, holder: SessionHolder): void {
    if (this.holders.get(pid) === holder) {
      this.holders.delete(pid);
    }
  }
}

function rethrow(error: unknown): never {
  throw error;
}
