/** Generates messages of a client with permessage-deflate, valid and invalid, and compares what two servers do with them. */
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { connect, type Socket as TcpSocket } from "node:net";
import { constants, deflateRawSync } from "node:zlib";
import { deflated, inflated } from "../support/deflating-client";
import { upgradeRequest } from "../support/http";
import type { Random } from "../support/random";
import { afterHead, clientFrame, framesOf } from "../support/websocket-frames";
import { mutateBytes } from "./frames";

const MAX = 20_000;

const WINDOW = 32 * 1024;

/** What a client does: plain data, so that it can be printed and repeated. */
export interface DeflateCase {
  /** The value of `Sec-WebSocket-Extensions`. */
  offer: string;
  /** The option `perMessageDeflate`. */
  options: object;
  /** The frame with which the client joins, in hexadecimal; the others follow when it is answered. */
  join: string;
  /** Chunks of frames, in hexadecimal; each is sent when the one before was handled, or at once. */
  chunks: { bytes: string; waits: boolean }[];
}

/** The observations of one server. */
export interface DeflateTrace {
  /** The events that the server received, in their order, and the end of the connection. */
  heard: string[];
  /** The messages that the client received, decompressed. */
  texts: string[];
  pongs: string[];
  /** The code of the close frame, if there was one. */
  code: number | undefined;
}

const words = ["reconnect", "position", "hello world", "0123456789abcdef", "ü€💬"];

function event(random: Random): string {
  const count = random.pick([1, 1, 5, 40, 200, 1_200]);
  const text = Array.from({ length: count }, () => `${random.pick(words)}${random.below(40)}`).join(" ");
  return `42["${random.pick(["echo", "echo", "up", "all", "large"])}","${text}"]`;
}

/** A case; it depends on the seed only. */
export function deflateCase(random: Random): DeflateCase {
  const bits = random.pick([undefined, undefined, 9, 12, 15]);
  const keeps = random.chance(0.7);
  const offer = [
    "permessage-deflate",
    ...(bits ? [`client_max_window_bits=${bits}`] : []),
    ...(keeps ? [] : ["client_no_context_takeover"]),
    ...(random.chance(0.3) ? ["server_no_context_takeover"] : []),
    ...(random.chance(0.3) ? [`server_max_window_bits=${random.pick([9, 11, 15])}`] : []),
  ].join("; ");
  const options = random.pick([
    {},
    { threshold: 0 },
    { threshold: 100, zlibDeflateOptions: { level: random.below(10), memLevel: 1 + random.below(9) } },
    { zlibInflateOptions: { chunkSize: random.pick([64, 1024]) } },
  ]);
  const compress = compressor(random, keeps, bits ?? 15);
  const join = clientFrame(0xc1, compress("40")).toString("hex");
  const frames: Buffer[] = [];
  for (let left = 1 + random.below(12); left > 0; left--) {
    frames.push(...anyFrames(random, compress));
  }
  frames.push(clientFrame(0x81, Buffer.from('42["end"]')));
  const chunks: DeflateCase["chunks"] = [];
  for (let at = 0; at < frames.length; ) {
    const count = 1 + random.below(4);
    const bytes = Buffer.concat(frames.slice(at, at + count));
    at += count;
    const cut = random.chance(0.3) ? random.below(bytes.length) : 0;
    if (cut > 0) {
      chunks.push({ bytes: bytes.subarray(0, cut).toString("hex"), waits: random.chance(0.5) });
    }
    chunks.push({ bytes: bytes.subarray(cut).toString("hex"), waits: random.chance(0.5) });
  }
  return { offer, options, join, chunks };
}

type Compress = (text: string | Buffer) => Buffer;

function compressor(random: Random, keeps: boolean, windowBits: number): Compress {
  let before = Buffer.alloc(0);
  return (text) => {
    const plain = Buffer.from(text as string);
    const options = {
      windowBits,
      level: random.pick([0, 1, 6, 6, 9]),
      strategy: random.pick([0, 0, 0, constants.Z_FIXED, constants.Z_HUFFMAN_ONLY]),
    };
    const payload = deflated(plain, random.chance(0.9) ? before : undefined, options);
    before = keeps ? Buffer.concat([before, plain]).subarray(-WINDOW) : before;
    return payload;
  };
}

function anyFrames(random: Random, compress: Compress): Buffer[] {
  return random.weighted<Buffer[]>([
    [12, () => [clientFrame(0xc1, compress(event(random)))]],
    [2, () => [clientFrame(0x81, Buffer.from(event(random)))]],
    [1, () => [clientFrame(0x89, Buffer.from(`ping ${random.below(100)}`))]],
    [0.5, () => [clientFrame(0x8a, Buffer.alloc(0))]],
    [1, () => fragments(random, compress(event(random)))],
    [
      1,
      () => [
        clientFrame(0xc1, compress('451-["up",{"_placeholder":true,"num":0}]')),
        clientFrame(0xc2, compress(Buffer.alloc(random.below(300), random.below(256)))),
      ],
    ],
    [0.3, () => [clientFrame(0xc1, Buffer.concat([deflateRawSync(event(random)), Buffer.from([0])]))]],
    [0.3, () => [clientFrame(0xc1, deflateRawSync(event(random)))]],
    [0.3, () => [clientFrame(0xc1, compress(Buffer.from([0x34, 0x32, 0xc3, 0x28])))]],
    [
      0.2,
      () => [clientFrame(0xc1, compress(`42["up","${"a".repeat(MAX + random.pick([-20, 0, 5_000_000]))}"]`))],
    ],
    [0.2, () => [clientFrame(0xc1, compress("a".repeat(MAX + random.pick([0, 1]))))]],
    [0.5, () => [clientFrame(0xc1, Buffer.alloc(0))]],
    [0.5, () => [clientFrame(0xc1, mutateBytes(random, compress(event(random))))]],
    [0.3, () => [mutateBytes(random, clientFrame(0xc1, compress(event(random))))]],
    [0.3, () => [clientFrame(0xc1, Buffer.from(random.several(1, 12, () => random.below(256))))]],
    [0.2, () => [clientFrame(random.pick([0xc8, 0xc9, 0xca, 0xc0, 0xe1, 0xd1, 0xc3]), compress("x"))]],
    [0.2, () => [clientFrame(0x88, Buffer.from([0x03, 0xe8]))]],
  ]);
}

function fragments(random: Random, payload: Buffer): Buffer[] {
  const cut = random.below(payload.length + 1);
  return [
    clientFrame(0x41, payload.subarray(0, cut)),
    ...(random.chance(0.3) ? [clientFrame(0x89, Buffer.from("amid"))] : []),
    clientFrame(0x80, payload.subarray(cut)),
  ];
}

/** A server under attack, which answers some events. */
export class DeflateSubject {
  private constructor(
    private readonly io: any,
    private readonly httpServer: HttpServer,
    private readonly heard: string[],
  ) {}

  static async start(
    Server: new (...args: any[]) => any,
    perMessageDeflate: object,
  ): Promise<DeflateSubject> {
    const httpServer = createServer();
    const io = new Server(httpServer, { maxHttpBufferSize: MAX, perMessageDeflate, serveClient: false });
    const heard: string[] = [];
    io.on("connection", (socket: any) => {
      socket.onAny((...args: unknown[]) => heard.push(JSON.stringify(args)));
      socket.on("echo", (text: unknown) => socket.emit("echo", text));
      socket.on("all", (text: unknown) => io.emit("all", text));
      socket.on("large", (text: unknown) => {
        socket.emit("large", String(text).repeat(20));
        io.to(socket.id).emit("large to all", String(text).repeat(30));
      });
      socket.on("end", () => socket.emit("end"));
      socket.on("disconnect", (reason: string) => heard.push(`disconnect ${reason}`));
    });
    await new Promise<void>((resolve) => httpServer.listen(0, "127.0.0.1", resolve));
    return new DeflateSubject(io, httpServer, heard);
  }

  async stop(): Promise<void> {
    await this.io.close();
    this.httpServer.closeAllConnections();
  }

  /** Sends the chunks over a new connection, and resolves when the last one is answered, or the connection has ended. */
  async run({ offer, join, chunks }: DeflateCase): Promise<DeflateTrace> {
    this.heard.length = 0;
    const { port } = this.httpServer.address() as AddressInfo;
    const client = new RawClient(port, offer);
    await client.until(() => client.received.includes("\r\n\r\n"));
    client.tcp.write(Buffer.from(join, "hex"));
    await client.until(() => client.read().texts.length === 2);
    for (const { bytes, waits } of chunks) {
      client.tcp.write(Buffer.from(bytes, "hex"));
      if (waits) {
        await new Promise((resolve) => setImmediate(resolve));
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    }
    // an answer to the last event, or the end
    const isEnd = () => client.read().texts.some((text) => text === '42["end"]') || client.code !== undefined;
    const isSettled = await client.until(isEnd, 3_000);
    client.tcp.destroy();
    while (this.io.engine.clientsCount > 0) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const { texts, pongs } = client.read();
    return {
      heard: [...this.heard.filter((line) => !line.startsWith("disconnect")), isSettled ? "" : "no end"],
      texts: texts.map((text) => text.replace(/"(sid|pid)":"[^"]*"/g, '"$1":""')),
      pongs,
      code: client.code,
    };
  }
}

class RawClient {
  readonly tcp: TcpSocket;
  received = Buffer.alloc(0);
  code: number | undefined;
  private texts: string[] = [];
  private pongs: string[] = [];
  private frames = 0;
  private context = Buffer.alloc(0);
  private isClosed = false;

  constructor(port: number, offer: string) {
    this.tcp = connect(port, "127.0.0.1");
    const chunks: Buffer[] = [];
    this.tcp.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      this.received = Buffer.concat(chunks);
    });
    this.tcp.on("error", () => {});
    this.tcp.on("close", () => {
      this.isClosed = true;
    });
    this.tcp.write(
      upgradeRequest("/socket.io/?EIO=4&transport=websocket", { "Sec-WebSocket-Extensions": offer }),
    );
  }

  /** Resolves with whether the condition became true before the connection ended, and within the time. */
  async until(condition: () => boolean, time = 10_000): Promise<boolean> {
    const end = performance.now() + time;
    while (!condition()) {
      if (this.isClosed) {
        return true;
      }
      if (performance.now() > end) {
        return false;
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return true;
  }

  /** The messages so far; throws if one of them cannot be decompressed. */
  read(): { texts: string[]; pongs: string[] } {
    const frames = framesOf(afterHead(this.received));
    for (const { compressed, opcode, payload } of frames.slice(this.frames)) {
      this.frames++;
      if (opcode === 8) {
        this.code = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
      } else if (opcode === 10) {
        this.pongs.push(payload.toString("hex"));
      } else {
        const plain = compressed ? inflated(payload, this.context) : payload;
        if (compressed) {
          this.context = Buffer.concat([this.context, plain]).subarray(-WINDOW);
        }
        this.texts.push(plain.toString());
      }
    }
    return { texts: this.texts, pongs: this.pongs };
  }
}

/** Returns what differs; undefined if the servers behave in the same way. */
export function differenceOf(ours: DeflateTrace, reference: DeflateTrace): string | undefined {
  const [one, other] = [ours, reference].map((trace) => JSON.stringify(trace.heard));
  if (one !== other) {
    return "the events";
  }
  if (ours.code !== reference.code) {
    return "the close code";
  }
  const ends = ours.code !== undefined;
  for (const kind of ["texts", "pongs"] as const) {
    // what is still being sent when a connection is closed for a fault may be lost
    const length = ends ? Math.min(ours[kind].length, reference[kind].length) : undefined;
    const [mine, theirs] = [ours, reference].map((trace) => JSON.stringify(trace[kind].slice(0, length)));
    if (mine !== theirs) {
      return kind;
    }
  }
  return undefined;
}
