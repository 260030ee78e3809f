/** Closes a connection if an attachment of a packet does not arrive in time (option attachmentTimeout). */
import { type CodedError, codedError } from "../errors";
import type { PayloadLimits } from "./payload-limits";

/** The members of a client that this guard uses. */
interface Owner {
  closeFor(error: CodedError<"ATTACHMENT_TIMEOUT">): void;
}

/** The guard of one connection, created for its first packet with attachments. */
export class AttachmentWatch {
  private isWaiting = false;
  /** Kept when a packet is complete: the next packet refreshes it, which is faster than creating a new timer. */
  private timer?: NodeJS.Timeout;

  constructor(
    private readonly owner: Owner,
    private readonly limits: PayloadLimits,
  ) {}

  /** Starts to wait for the first attachment of a packet. */
  start(): void {
    this.isWaiting = true;
    if (this.timer) {
      this.timer.refresh();
    } else {
      this.timer = setTimeout(expire, this.limits.attachmentTimeout, this).unref();
    }
  }

  /** Starts to wait for the next attachment of the packet. */
  onAttachment(): void {
    if (this.isWaiting) {
      this.timer?.refresh();
    }
  }

  /** Stops waiting, since the packet is complete. */
  stop(): void {
    this.isWaiting = false;
  }

  /** Clears the timer, since the connection is closed. */
  release(): void {
    this.isWaiting = false;
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** @internal */
  onTimeout(): void {
    if (this.isWaiting) {
      this.owner.closeFor(codedError("ATTACHMENT_TIMEOUT", this.limits.attachmentTimeout));
    }
  }
}

function expire(watch: AttachmentWatch): void {
  watch.onTimeout();
}
