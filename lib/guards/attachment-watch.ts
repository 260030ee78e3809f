/** Watches over the attachments of one connection: how long a packet waits for them, and how large they are. */
import { type CodedError, codedError } from "../errors";
import type { PayloadLimits } from "./payload-limits";

/** Whose attachments they are. */
interface Owner {
  dismiss(error: CodedError<"ATTACHMENT_TIMEOUT">): void;
}

/** Made for the first packet that has to wait. */
export class AttachmentWatch {
  private isWaiting = false;
  private bytes = 0;
  /** It runs on after a packet is complete: the next one winds it up again, which is cheaper than a new one. */
  private timer?: NodeJS.Timeout;

  constructor(
    private readonly owner: Owner,
    private readonly limits: PayloadLimits,
  ) {}

  /** A packet has come whose attachments have not. */
  start(): void {
    this.isWaiting = true;
    this.bytes = 0;
    if (this.timer) {
      this.timer.refresh();
    } else {
      this.timer = setTimeout(expire, this.limits.attachmentTimeout, this).unref();
    }
  }

  /** An attachment has come; gives the error if they are too large by now. */
  take(attachment: unknown): CodedError<"PAYLOAD_TOO_LARGE"> | undefined {
    const { maxBytes } = this.limits;
    // an empty message is undefined
    this.bytes += (attachment as { byteLength?: number } | undefined)?.byteLength ?? 0;
    return this.isWaiting && this.bytes > maxBytes ? codedError("PAYLOAD_TOO_LARGE", maxBytes) : undefined;
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
