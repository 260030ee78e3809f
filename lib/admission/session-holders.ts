/** Sees to it that a session belongs to one socket at a time. */
import type { PrivateSessionId } from "../adapter/contract";
import { type CodedError, codedError } from "../errors";

/** A socket that has a session, or is about to have it again. */
interface SessionHolder {
  readonly client: { dismiss(error: CodedError<"SESSION_REUSED">, detail: undefined, isGone: true): void };
}

/** The sockets of a namespace by their secret session ids. */
export class SessionHolders {
  private readonly holders = new Map<PrivateSessionId, SessionHolder>();

  /** Whether a socket has this session, as far as is known. */
  has(pid: PrivateSessionId): boolean {
    return this.holders.has(pid);
  }

  /** The session is asked for over another connection: whoever has it still is gone, though that was not noticed. */
  dismissHolderOf(pid: PrivateSessionId): void {
    this.holders.get(pid)?.client.dismiss(codedError("SESSION_REUSED"), undefined, true);
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
