/** What goes out to one client, in whichever namespace. */
import type { Decoder, Encoder, Packet } from "socket.io-parser";
import { backlogOf, letGo } from "../connection/backlog";
import type { EncodedChunk, EncodedWriteOptions, EngineConnection, EnginePort } from "../connection/port";
import { type GuardCode, logs } from "../diagnostics";
import { type CodedError, codedError } from "../errors";
import { Drained } from "../guards/drained";
import { type SlowClient, SlowConsumer } from "../guards/slow-consumer";
import type { DrainedOptions, SlowConsumerOptions } from "../options/limits";
import { namespaceOf } from "../parser/namespace-of";
import { ClientSockets, type Placed } from "./memberships";

/** The server, as far as sending needs it. */
export interface EncodingServer {
  readonly encoder: Encoder;
  readonly usesDefaultParser: boolean;
  readonly _parser: { readonly Decoder: new () => Decoder };
}

/** The part of a client that writes. */
export abstract class ClientSending<Socket extends Placed>
  extends ClientSockets<Socket>
  implements SlowClient
{
  abstract readonly connection: EngineConnection;
  abstract readonly address: string | undefined;
  protected abstract readonly server: EncodingServer;
  protected abstract readonly port: EnginePort;
  private slowConsumer?: SlowConsumer;
  /** Made when somebody waits. */
  private waiting?: Drained;

  /** Keeps in bounds what waits. */
  protected limitBacklog(options: SlowConsumerOptions): void {
    this.slowConsumer = new SlowConsumer(this, this.port, options);
  }

  /** @internal Encodes a packet and writes it. */
  packet(packet: Packet, options: EncodedWriteOptions = {}): void {
    if (this.connection.readyState !== "open") {
      logs.client.enabled && logs.client("ignoring packet write %j", packet);
      return;
    }
    const chunks = this.server.encoder.encode(packet);
    if (this.slowConsumer) {
      this.slowConsumer.write(chunks, options, packet);
    } else {
      this.port.writeChunks(chunks, options);
    }
  }

  /**
   * Writes the parts of an encoded packet. Adapters call it with packets that they have encoded for many receivers.
   *
   * @internal
   */
  writeToEngine(encodedPackets: EncodedChunk[], options: EncodedWriteOptions): void {
    const chunks = Array.isArray(encodedPackets) ? encodedPackets : [encodedPackets];
    if (this.slowConsumer) {
      this.slowConsumer.write(chunks, options);
    } else {
      this.port.writeChunks(chunks, options);
    }
  }

  /** @internal The socket that a packet is for. */
  addressee(chunks: readonly EncodedChunk[], packet: Packet | undefined): Socket | undefined {
    if (!packet && this.onlySocket) {
      return this.onlySocket;
    }
    const { _parser, usesDefaultParser } = this.server;
    const name = packet ? packet.nsp : namespaceOf(chunks, usesDefaultParser, () => new _parser.Decoder());
    return name === undefined ? undefined : this.socketIn(name);
  }

  /** @internal Closes the connection since the client did what it may not; one that is gone is not waited for. */
  abstract dismiss(error: CodedError<GuardCode>, detail?: unknown, isGone?: boolean): void;

  /** @internal Closes the connection since the client does not read, with all that waits for it. */
  cut(error: CodedError<"SLOW_CONSUMER">, detail: unknown): void {
    try {
      this.dismiss(error, detail, true);
    } finally {
      letGo(this.connection);
    }
  }

  /** @internal Whether nothing waits to be sent; over long-polling, the client has to be there to be told something. */
  get isAllSent(): boolean {
    const { transport, writeBuffer } = this.connection;
    return transport.writable && !writeBuffer?.length;
  }

  /** @internal Whether it is served by long-polling. */
  get isPolling(): boolean {
    return this.connection.transport.name === "polling";
  }

  /** @internal How many bytes wait to be taken. */
  get bufferedBytes(): number {
    return backlogOf(this.connection);
  }

  /** @internal Resolves when what waits is taken, as long as the socket is in its namespace. */
  drained(socket: Socket, options: DrainedOptions): Promise<void> {
    if (this.socketIn(socket.nsp.name) !== socket) {
      return Promise.reject(codedError("SOCKET_DISCONNECTED"));
    }
    this.waiting ??= new Drained(this.connection);
    return this.waiting.wait(socket, options);
  }

  /** @internal */
  override remove(socket: Socket): void {
    this.waiting?.abandon(socket);
    super.remove(socket);
  }
}
