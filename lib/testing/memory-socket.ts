/** The two ends of a connection in memory, which behave like TCP sockets. */
import { Duplex } from "node:stream";
import { KeptContext, rootContext } from "../at-load";
import { deliverLater, type Receiver } from "./network";

/** The number of bytes that are accepted for a peer that does not read, like the buffers of an operating system. */
const CAPACITY = 256 * 1024;

/** The largest number of bytes that arrive at once. */
const LARGEST_CHUNK = 64 * 1024;

const FIRST_PORT = 49_152;
const LAST_PORT = 65_535;
let lastPort = LAST_PORT;

/** What one end of a connection knows of itself and of its peer. */
export interface Endpoint {
  address: string;
  port: number;
}

type WriteCallback = (error?: Error | null) => void;

/** One end of a connection: a stream with the members of `net.Socket` that HTTP servers and clients use. */
export class MemorySocket extends Duplex implements Receiver {
  readonly connecting = false;
  readonly remoteAddress: string;
  readonly remoteFamily: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  /** `true` for the connections of HTTPS servers, as for the sockets of TLS; frameworks read it. */
  encrypted: boolean | undefined = undefined;
  /** The protocol that a server for HTTP/2 finds in the TLS handshake. */
  alpnProtocol: string | undefined = undefined;
  /** The server that has accepted the connection. */
  server: object | undefined = undefined;
  timeout = 0;

  private peer: MemorySocket | undefined = undefined;
  /** The bytes that have arrived, and are not read yet. */
  private arrived: Buffer[] = [];
  private arrivedBytes = 0;
  private peerHasEnded = false;
  private isReading = false;
  private isCut = false;
  /** The callback of the last write of the peer, while {@link arrived} is full. */
  private blockedWrite: WriteCallback | undefined = undefined;

  constructor(
    local: Endpoint,
    remote: Endpoint,
    private readonly context: KeptContext,
    allowHalfOpen: boolean,
  ) {
    super({ allowHalfOpen });
    this.localAddress = local.address;
    this.localPort = local.port;
    this.remoteAddress = remote.address;
    this.remotePort = remote.port;
    this.remoteFamily = remote.address.includes(":") ? "IPv6" : "IPv4";
  }

  /** Connects the two ends. */
  static connect(one: MemorySocket, other: MemorySocket): void {
    one.peer = other;
    other.peer = one;
  }

  /** Loses all bytes from now on, in both directions, as if a cable had been pulled: neither side notices. */
  cut(): void {
    this.isCut = true;
    if (this.peer) {
      this.peer.isCut = true;
    }
  }

  /** Closes both ends with the error ECONNRESET. */
  reset(): void {
    this.destroy(connectionError("read", "ECONNRESET"));
    this.peer?.destroy(connectionError("read", "ECONNRESET"));
  }

  /** Closes both ends. */
  closeBoth(): void {
    this.destroy();
    this.peer?.destroy();
  }

  /** @internal */
  deliver(): void {
    this.context.runInAsyncScope(deliverTo, undefined, this);
  }

  /** @internal Passes one chunk to the reader; `_read()` asks for the next one. */
  deliverChunk(): void {
    if (!this.isReading || this.isCut || this.destroyed) {
      return;
    }
    if (this.arrivedBytes > 0) {
      this.isReading = false;
      this.push(this.takeChunk());
      this.unblockPeer();
    } else if (this.peerHasEnded) {
      this.isReading = false;
      this.push(null);
    }
  }

  override _read(): void {
    this.isReading = true;
    if (this.arrivedBytes > 0 || this.peerHasEnded) {
      deliverLater(this);
    }
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: WriteCallback): void {
    this.send([chunk], done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: WriteCallback): void {
    this.send(
      chunks.map(({ chunk }) => chunk),
      done,
    );
  }

  override _final(done: WriteCallback): void {
    this.endPeer();
    done();
  }

  override _destroy(error: Error | null, done: WriteCallback): void {
    this.arrived = [];
    this.arrivedBytes = 0;
    this.unblockPeer();
    this.endPeer();
    done(error);
  }

  /** Ends the stream, and destroys it when everything is written. */
  destroySoon(): void {
    if (this.writable) {
      this.end();
    }
    if (this.writableFinished) {
      this.destroy();
    } else {
      this.once("finish", this.destroy);
    }
  }

  resetAndDestroy(): this {
    this.peer?.destroy(connectionError("read", "ECONNRESET"));
    return this.destroy();
  }

  /** Has no effect: connections in memory have no idle timeout. */
  setTimeout(milliseconds: number): this {
    this.timeout = milliseconds;
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  address(): { address: string; family: string; port: number } {
    const { localAddress: address, localPort: port } = this;
    return { address, family: address.includes(":") ? "IPv6" : "IPv4", port };
  }

  private send(chunks: Buffer[], done: WriteCallback): void {
    const { peer } = this;
    if (!peer || peer.destroyed) {
      // the first write to a closed peer succeeds, and is answered with a reset
      done();
      if (peer && !this.isCut) {
        deliverLater({ deliver: () => this.destroy(connectionError("write", "ECONNRESET")) });
      }
      return;
    }
    for (const chunk of chunks) {
      peer.arrivedBytes += chunk.length;
      // a copy: the writer may use its buffer again, and the reader may change what it receives
      peer.arrived.push(Buffer.from(chunk));
    }
    if (peer.isReading) {
      deliverLater(peer);
    }
    if (peer.arrivedBytes > CAPACITY) {
      peer.blockedWrite = done;
    } else {
      done();
    }
  }

  private endPeer(): void {
    const { peer } = this;
    if (peer && !peer.peerHasEnded) {
      peer.peerHasEnded = true;
      if (peer.isReading) {
        deliverLater(peer);
      }
    }
  }

  private unblockPeer(): void {
    const { blockedWrite } = this;
    if (blockedWrite && this.arrivedBytes <= CAPACITY) {
      this.blockedWrite = undefined;
      blockedWrite();
    }
  }

  /** Returns bytes that have arrived, as one chunk. */
  private takeChunk(): Buffer {
    const pieces: Buffer[] = [];
    let size = 0;
    for (
      let next = this.arrived.shift();
      next;
      next = size < LARGEST_CHUNK ? this.arrived.shift() : undefined
    ) {
      const piece = next.subarray(0, LARGEST_CHUNK - size);
      if (piece.length < next.length) {
        this.arrived.unshift(next.subarray(piece.length));
      }
      pieces.push(piece);
      size += piece.length;
    }
    this.arrivedBytes -= size;
    return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
  }
}

function deliverTo(socket: MemorySocket): void {
  socket.deliverChunk();
}

/** The two ends of a new connection. */
export interface Connection {
  client: MemorySocket;
  server: MemorySocket;
}

/** Creates a connection from a client with this address. */
export function connectInMemory(address: string): Connection {
  lastPort = lastPort === LAST_PORT ? FIRST_PORT : lastPort + 1;
  const from = { address, port: lastPort };
  const to = { address: address.includes(":") ? "::1" : "127.0.0.1", port: 80 };
  const client = new MemorySocket(from, to, new KeptContext("SOCKET_IO_TEST_CLIENT"), false);
  const server = new MemorySocket(to, from, rootContext, true);
  MemorySocket.connect(client, server);
  for (const end of [client, server]) {
    // the HTTP client and the server add their listeners later
    end.on("error", () => {});
  }
  return { client, server };
}

/** The codes of the errors of connections. */
type ConnectionErrorCode = "ECONNABORTED" | "ECONNREFUSED" | "ECONNRESET";

/** Creates an error like those of TCP sockets. The message ends with `detail`. */
export function connectionError(
  syscall: string,
  code: ConnectionErrorCode,
  detail = "",
): NodeJS.ErrnoException {
  const message = `${syscall} ${code}${detail && `: ${detail}`}`;
  return Object.assign(new Error(message), { code, syscall });
}
