/** Decodes the packets of one connection that the quick decoder does not take: those of other parsers, and those with attachments. */
import { Decoder, type Packet } from "socket.io-parser";
import type { CodedError } from "../errors";
import { AttachmentWatch } from "../guards/attachment-watch";
import type { PayloadLimits } from "../guards/payload-limits";

/** The client, as this file uses it. */
interface ReadingClient {
  onDecoded(packet: Packet): void;
  closeFor(error: CodedError<"ATTACHMENT_TIMEOUT">): void;
}

/** Holds the decoder, which keeps a packet until its attachments have come. A client gets one when it needs it. */
export class PacketReader {
  /** Whether the decoder has a part of a packet. */
  isInPacket = false;
  private attachments?: AttachmentWatch;

  constructor(
    private readonly client: ReadingClient,
    private readonly decoder: Decoder,
    private readonly limits: PayloadLimits,
  ) {
    decoder.on("decoded", this.onDecoded);
  }

  private readonly onDecoded = (packet: Packet): void => {
    this.isInPacket = false;
    this.attachments?.stop();
    this.client.onDecoded(packet);
  };

  /** Takes a message: a packet, or a part of one. Throws if it cannot be decoded. */
  read(data: unknown): void {
    this.isInPacket = true;
    this.decoder.add(data);
    if (!this.isInPacket) {
      return;
    }
    if (announcesAttachments(data, this.decoder)) {
      this.attachments ??= new AttachmentWatch(this.client, this.limits);
      this.attachments.start();
    } else {
      this.attachments?.onAttachment();
    }
  }

  /** Frees the decoder and the timer. */
  release(): void {
    this.decoder.off("decoded", this.onDecoded);
    this.decoder.destroy();
    this.attachments?.release();
  }
}

/** Whether a text says that attachments follow. How other decoders understand a message is unknown. */
function announcesAttachments(data: unknown, decoder: Decoder): boolean {
  return typeof data === "string" && /^[56]/.test(data) && decoder instanceof Decoder;
}
