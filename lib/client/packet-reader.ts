/** Decodes packets with attachments, and the packets of custom parsers, with the decoder of the parser. */
import { Decoder, type Packet } from "socket.io-parser";
import type { CodedError } from "../errors";
import { AttachmentWatch } from "../guards/attachment-watch";
import type { PayloadLimits } from "../guards/payload-limits";

/** The members of a client that are used here. */
interface ReadingClient {
  onDecoded(packet: Packet): void;
  closeFor(error: CodedError<"ATTACHMENT_TIMEOUT">): void;
}

/** The decoder of one connection, which buffers a packet until its attachments have arrived. Created when first needed. */
export class PacketReader {
  /** Whether the decoder has received only a part of a packet. */
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

  /** Decodes a message: a packet, or a part of one. Throws if it cannot be decoded. */
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

/** Whether a text is a packet whose attachments follow. Custom decoders may use another format, so it is `false` for them. */
function announcesAttachments(data: unknown, decoder: Decoder): boolean {
  return typeof data === "string" && /^[56]/.test(data) && decoder instanceof Decoder;
}
