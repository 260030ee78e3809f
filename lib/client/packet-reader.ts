/** Decodes packets with attachments, and the packets of custom parsers, with the decoder of the parser. */
import { Decoder, type Packet } from "socket.io-parser";
import type { CodedError } from "../errors";
import { AttachmentWatch } from "../guards/attachment-watch";
import { sizeOf } from "../guards/flood";
import type { PayloadLimits } from "../guards/payload-limits";

/** The members of a client that are used here. */
interface ReadingClient {
  /** Handles a packet, whose last part is `message`, and whose other parts have `earlier` bytes. */
  onDecoded(packet: Packet, message: unknown, earlier: number): void;
  closeFor(error: CodedError<"ATTACHMENT_TIMEOUT">): void;
}

/** The decoder of one connection, which buffers a packet until its attachments have arrived. Created when first needed. */
export class PacketReader {
  /** Whether the decoder has received only a part of a packet. */
  isInPacket = false;
  private attachments?: AttachmentWatch;
  /** The message that is being decoded. */
  private message: unknown;
  /** The number of bytes of the earlier parts of the packet. */
  private earlier = 0;

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
    const { message, earlier } = this;
    this.earlier = 0;
    this.client.onDecoded(packet, message, earlier);
  };

  /** Decodes a message: a packet, or a part of one. Throws if it cannot be decoded. */
  read(data: unknown): void {
    this.isInPacket = true;
    this.message = data;
    try {
      this.decoder.add(data);
    } finally {
      this.message = undefined;
    }
    if (!this.isInPacket) {
      return;
    }
    this.earlier += sizeOf(data);
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
