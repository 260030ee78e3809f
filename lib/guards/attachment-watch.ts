/** Watches over the attachments of one connection: how long a packet waits for the next one. */
import { type CodedError, codedError } from "../errors";
import type { PayloadLimits } from "./payload-limits";

/** Whose attachments they are. */
interface Owner {
  dismiss(error: CodedError<"ATTACHMENT_TIMEOUT">): void;
}

/** Made for the first packet that has to wait. */
export class AttachmentWatch {
  private isWaiting = false;
  /** It runs on after a packet is complete: the next one winds it up again, which is cheaper than a new one. */
  private timer?: NodeJS.Timeout;

  constructor(
    private readonly owner: Owner,
    private readonly limits: PayloadLimits,
  ) {}

  /** A packet has come whose attachments have not. */
  start(): void {
    this.isWaiting = true;
    if (this.timer) {
      this.timer.refresh();
    } else {
      this.timer = setTimeout(expire, this.limits.attachmentTimeout, this).unref();
    }
  }

  /** An attachment has come, and the packet waits for another one. */
  goOn(): void {
    if (this.isWaiting) {
      this.timer?.refresh();
    }
  }

  /** The packet is complete. */
  stop(): void {
    this.isWaiting = false;
  }

  /** The connection is closed. */
  release(): void {
    this.isWaiting = false;
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** @internal */
  onTimeout(): void {
    if (this.isWaiting) {
      this.owner.dismiss(codedError("ATTACHMENT_TIMEOUT", this.limits.attachmentTimeout));
    }
  }
}

function expire(watch: AttachmentWatch): void {
  watch.onTimeout();
}
