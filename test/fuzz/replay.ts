/** Applies a case to one server, and records what can be observed. */

import { createHash } from "node:crypto";
import { connect, type Socket } from "node:net";
import { UPGRADE_HEADERS } from "../support/http";
import { turn } from "../support/waiting";
import { type Case, isGuarded, type Step } from "./cases";
import { type Published, SOURCE } from "./cluster-messages";
import { binaryFrame, controlFrame, textFrame } from "./frames";
import { SEPARATOR } from "./packets";
import type { SubjectProcess } from "./subject-process";
import type { Trace } from "./traces";

/** The length at which a line is cut, in characters. */
const LONGEST = 400;

/** One connection to the server. */
class Channel {
  received = Buffer.alloc(0);
  isClosed = false;
  private isUpgraded = false;
  private toldClosed = false;

  constructor(
    readonly name: string,
    readonly on: number,
    readonly socket: Socket,
    private readonly activity: () => void,
  ) {
    socket.setNoDelay(true);
    socket.on("data", (chunk) => {
      this.received = Buffer.concat([this.received, chunk]);
      activity();
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      this.isClosed = true;
      this.activity();
    });
  }

  /** The lines that have arrived since the last call. */
  take(): string[] {
    const lines: string[] = [];
    if (!this.isUpgraded) {
      const head = this.received.indexOf("\r\n\r\n");
      const text = this.received.toString("utf8", 0, head === -1 ? undefined : head + 4);
      if (head !== -1 && text.startsWith("HTTP/1.1 101")) {
        this.isUpgraded = true;
        this.received = this.received.subarray(head + 4);
        lines.push(plain(text));
      } else if (this.received.length > 0) {
        lines.push(plain(this.received.toString("utf8")));
        this.received = Buffer.alloc(0);
      }
    }
    if (this.isUpgraded) {
      lines.push(...this.frames());
    }
    if (this.isClosed && !this.toldClosed) {
      this.toldClosed = true;
      if (this.received.length > 0) {
        lines.push(`rest ${this.received.toString("latin1")}`);
      }
      lines.push("closed");
    }
    return lines;
  }

  private *frames(): Iterable<string> {
    for (;;) {
      const { received } = this;
      const short = received[1] & 0x7f;
      const start = short === 126 ? 4 : short === 127 ? 10 : 2;
      if (received.length < start) {
        return;
      }
      const length =
        short === 126
          ? received.readUInt16BE(2)
          : short === 127
            ? Number(received.readBigUInt64BE(2))
            : short;
      if (received.length < start + length) {
        return;
      }
      const payload = received.subarray(start, start + length);
      this.received = received.subarray(start + length);
      const isText = (received[0] & 0x0f) === 1;
      yield `frame ${received[0].toString(16)} ${isText ? payload : payload.toString("hex")}`;
    }
  }
}

/** Without the parts that differ from run to run. */
function plain(head: string): string {
  return head.replace(/^Date: .*\r\n/m, "").replaceAll("\r\n", "\\r\\n");
}

interface Known {
  sid?: string;
  pid?: string;
  io?: string;
  offset?: string;
  ack?: string;
  /** The adapter of `/` or `/chat`. */
  uid?: string;
  request?: string;
}

export class Replay {
  private readonly channels: Channel[] = [];
  private readonly known: Known[] = [];
  private readonly names = new Map<string, string>();
  private isActive = false;
  /** The number of open connections in the last answer. */
  private opened = 0;
  /** The most memory that the server used after any step, in bytes; 0 if it was not measured. */
  most = 0;

  constructor(
    private readonly subject: SubjectProcess,
    private readonly given: Case,
  ) {}

  /** Throws a SubjectLost if the server crashes. Measures the memory after each step, if requested. */
  async run({ measures = false } = {}): Promise<Trace> {
    const trace: Trace = [];
    this.subject.takePublished();
    this.known.push({ uid: this.subject.uids.get("/") }, { uid: this.subject.uids.get("/chat") });
    try {
      for (const [index, step] of this.given.steps.entries()) {
        const log = await this.take(step, index);
        trace.push([...log, ...(await this.settled(patience(step)))].map((line) => this.tidy(line)));
        if (measures) {
          const { held, log: late } = await this.subject.ask({ do: "heap" });
          this.most = Math.max(this.most, held ?? 0);
          trace[index].push(...late.map((line) => this.tidy(line)));
        }
      }
    } finally {
      for (const { socket } of this.channels) {
        socket.destroy();
      }
    }
    const { log } = await this.subject.ask({ do: "finish" });
    return [...trace, log];
  }

  /** Applies one step; returns what the server observes at once. */
  private async take(step: Step, index: number): Promise<string[]> {
    switch (step.do) {
      case "release":
      case "tick":
        return (await this.subject.ask(step)).log;
      case "message":
        this.deliver(this.fill(step.json));
        return [];
      case "upgrade":
        await this.open(
          step.on,
          `ws${step.on}`,
          this.head("GET", step.query, { ...UPGRADE_HEADERS, ...step.headers }),
        );
        return [];
      case "request": {
        const body = step.body === undefined ? undefined : Buffer.from(this.fill(step.body));
        const headers = { Connection: "close", ...lengthOf(body, step.headers), ...step.headers };
        const isChunked = "Transfer-Encoding" in headers;
        const sent = isChunked && body ? chunked(body) : (body ?? Buffer.alloc(0));
        const head = this.head(step.method, step.query, headers);
        await this.open(step.on, `http${index}`, Buffer.concat([head, sent]));
        return [];
      }
    }
    const kind = "of" in step && step.of === "request" ? "http" : "ws";
    const channel = this.channels.findLast(({ name, on }) => on === step.on && name.startsWith(kind));
    if (!channel || channel.isClosed) {
      return [];
    }
    const { socket } = channel;
    switch (step.do) {
      case "text":
        return this.send(socket, repeated(textFrame(this.fill(step.text)), step.times));
      case "control":
        return this.send(
          socket,
          repeated(controlFrame(step.kind, Buffer.from(step.bytes, "latin1")), step.times),
        );
      case "binary":
        return this.send(socket, binaryFrame(Buffer.from(step.bytes, "latin1")));
      case "bytes":
        return this.pieces(socket, Buffer.from(step.bytes, "latin1"), step.cuts ?? []);
      case "pause":
        socket.pause();
        return [];
      case "resume":
        socket.resume();
        return [];
      case "end": {
        const last = step.text === undefined ? Buffer.alloc(0) : textFrame(this.fill(step.text));
        return this.sent((done) => socket.end(last, done));
      }
      case "reset": {
        const closed = new Promise((resolve) => socket.once("close", resolve));
        if (step.text !== undefined) {
          socket.write(textFrame(this.fill(step.text)));
        }
        socket.resetAndDestroy();
        await closed;
        return [];
      }
    }
  }

  /** A text that is no JSON, or whose value is no object, cannot be a message. */
  private deliver(json: string): void {
    try {
      const message = JSON.parse(json);
      this.subject.deliver(Object.assign(message, { source: SOURCE }));
    } catch {}
  }

  private send(socket: Socket, bytes: Buffer): Promise<string[]> {
    return this.sent((done) => socket.write(bytes, () => done()));
  }

  /**
   * Resolves when the operating system has accepted the data, when the connection is closed, or when the server does not
   * read.
   */
  private async sent(start: (done: () => void) => void): Promise<string[]> {
    const log: string[] = [];
    let isDone = false;
    const done = new Promise<void>((resolve) => {
      start(() => {
        isDone = true;
        resolve();
      });
    });
    await Promise.race([done, turns(3)]);
    for (let rounds = 0; !isDone && rounds < 30; rounds++) {
      log.push(...(await this.subject.ask({ do: "settle" })).log);
      await turns(3);
    }
    return log;
  }

  private async pieces(socket: Socket, bytes: Buffer, cuts: number[]): Promise<string[]> {
    const log: string[] = [];
    let start = 0;
    for (const end of [...cuts.filter((cut) => cut > 0 && cut < bytes.length).sort(upwards), bytes.length]) {
      if (start > 0) {
        log.push(...(await this.subject.ask({ do: "settle" })).log);
      }
      log.push(...(await this.send(socket, bytes.subarray(start, end))));
      start = end;
    }
    return log;
  }

  private head(method: string, query: string, headers: Record<string, string>): Buffer {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const text = `${method} /socket.io/?${this.fill(query)} HTTP/1.1\r\nHost: localhost\r\n${lines.join("")}\r\n`;
    return Buffer.from(text, "latin1");
  }

  private async open(on: number, name: string, bytes: Buffer): Promise<void> {
    const socket = connect(this.subject.ports[this.given.server], "127.0.0.1");
    this.channels.push(
      new Channel(name, on, socket, () => {
        this.isActive = true;
      }),
    );
    await new Promise((resolve) => {
      socket.once("connect", resolve);
      socket.once("close", resolve);
    });
    await this.send(socket, bytes);
  }

  /** All observations until the server has nothing left to do. */
  private async settled(enough: number): Promise<string[]> {
    const log: string[] = [];
    let open = 0;
    for (let rounds = 0, quiet = 0; quiet < enough && rounds < 50; rounds++) {
      this.isActive = false;
      const answer = await this.subject.ask({ do: "settle" });
      const seen = answer.log;
      open = answer.open;
      log.push(...seen);
      await turns(3);
      quiet = this.isActive || seen.length > 0 ? 0 : quiet + 1;
    }
    for (const channel of this.channels) {
      for (const line of channel.take()) {
        this.learn(channel.on, line);
        log.push(`${channel.name} ${line}`);
      }
    }
    log.push(...this.subject.takePublished().map((message) => this.shown(message)));
    if (open !== this.opened) {
      log.push(`open ${this.opened} -> ${open}`);
      this.opened = open;
    }
    return log;
  }

  private shown({ type, uid, nsp, data }: Published): string {
    this.names.set(uid, `<adapter of ${nsp}>`);
    // a response repeats the id in the request, which can be anything
    if (typeof data?.requestId === "string" && /^[0-9a-f]{16}$/.test(data.requestId)) {
      this.known[0].request = data.requestId;
      this.names.set(data.requestId, "<request>");
    }
    const content = JSON.stringify(data)?.replace(/"time":"[^"]*"|"issued":\d+/g, '"time"');
    return `to other servers: ${nsp} ${type} ${content}`;
  }

  private learn(on: number, line: string): void {
    this.known[on] ??= {};
    const known = this.known[on];
    for (const [id] of line.matchAll(/(?<="(?:sid|pid)\\?":\\?")[\w-]+/g)) {
      if (!this.names.has(id)) {
        this.names.set(id, `<id ${this.names.size}>`);
      }
    }
    const [, sid] = /(?:^frame 81 0|\\r\\n0|\d:0|\("0|data:0)\{\\?"sid\\?":\\?"([\w-]+)/.exec(line) ?? [];
    const [, io, pid] = /40(?:\/[^,]*,)?\{"sid":"([^"]+)"(?:,"pid":"([^"]+)")?/.exec(line) ?? [];
    const [, offset] = /(?<!\d)42(?:\/[^,]*,)?\[.*"([^"]+)"\]$/.exec(line) ?? [];
    const [, ack] = /(?<!\d)4(?:2|5\d+-)(?:\/[^,]*,)?(\d+)\[/.exec(line) ?? [];
    Object.assign(known, sid && { sid }, io && { io }, pid && { pid }, offset && { offset }, ack && { ack });
  }

  private fill(text: string): string {
    return text.replace(
      /\$(sid|pid|io|offset|ack|uid|request)(\d)/g,
      (_, what: keyof Known, on) => this.known[on]?.[what] ?? "none",
    );
  }

  /** With names instead of ids, and not too long. */
  private tidy(line: string): string {
    let text = line;
    for (const [id, name] of this.names) {
      text = text.replaceAll(id, name);
    }
    // the packet ids of a namespace continue from case to case
    text = text.replace(/(?<!\d)(4(?:2|5\d+-)(?:\/[^,]*,)?)\d+\[/g, "$1<ack>[");
    if (this.given.server === "recovery" || isGuarded(this.given.server)) {
      // each event has an offset after its arguments
      const event = /(42(?:\/[^,]*,)?\[.*,)"[^"]+"\]$/s;
      const isFrame = text.startsWith("ws");
      text = (isFrame ? [text] : text.split(SEPARATOR))
        .map((part) => part.replace(event, '$1"<offset>"]'))
        .join(SEPARATOR)
        .replace(/ offset: '[^']*'/, " offset: '<offset>'");
    }
    text = text.replace(/^(\S+ HTTP.*Content-Length: )\d+(.*<(?:id|offset|ack))/s, "$1<length>$2");
    if (text.length <= LONGEST) {
      return text;
    }
    const digest = createHash("sha1").update(text).digest("hex").slice(0, 12);
    return `${text.slice(0, LONGEST)}... ${text.length} characters, ${digest}`;
  }
}

/** The number of rounds without an observation after which nothing more is expected. */
function patience(step: Step): number {
  // many packets are processed in many turns without an observation
  const packets = step.do === "request" ? (step.body ?? "").split(SEPARATOR).length : 0;
  const frames = step.do === "control" ? (step.times ?? 1) : 0;
  return 2 + Math.ceil(packets / 500) + Math.ceil(frames / 2_000);
}

async function turns(count: number): Promise<void> {
  for (let left = count; left > 0; left--) {
    await turn();
  }
}

function repeated(bytes: Buffer, times = 1): Buffer {
  return Buffer.concat(new Array(times).fill(bytes));
}

function chunked(body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from("\r\n0\r\n\r\n")]);
}

const upwards = (one: number, other: number) => one - other;

function lengthOf(body: Buffer | undefined, headers: Record<string, string> = {}): Record<string, string> {
  return body && !("Transfer-Encoding" in headers) ? { "Content-Length": String(body.length) } : {};
}
