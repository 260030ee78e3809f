/** The clients of python-socketio, with threads and with asyncio. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import expect from "expect.js";
import type { Socket } from "socket.io";
import { eventually, nextEvent, nextValue } from "../support/waiting";
import { client as scriptClient } from "./support/hello";
import { type Program, versionFrom } from "./support/programs";
import { serve } from "./support/served";
import { tested } from "./support/tested";

const interpreter = "/usr/bin/python3";
const script = join(__dirname, "fixtures/python-client.py");

const [, moduleVersion, modulePath] =
  /^(\S+) (\S+)/m
    .exec(
      spawnSync(
        interpreter,
        [
          "-c",
          "import importlib.metadata, socketio, aiohttp, requests, websocket;" +
            "print(importlib.metadata.version('python-socketio'), socketio.__file__)",
        ],
        { encoding: "utf8" },
      ).stdout ?? "",
    )
    ?.map((part, place) => (place === 0 ? "" : part)) ?? [];

const python: Program = {
  name: "python3",
  debian: "apt install python3",
  places: [interpreter],
  version: () => versionFrom(python, "--version"),
};
const pythonSocketIo: Program = {
  name: "python3-socketio",
  debian: "apt install python3-socketio python3-aiohttp python3-requests python3-websocket",
  places: modulePath === undefined ? [] : [modulePath],
  version: () => moduleVersion ?? "unknown",
};

interface ConnectOptions {
  transports?: string[];
  namespaces?: string[];
  auth?: unknown;
  headers?: Record<string, string>;
  reconnection?: boolean;
  /** Whether the client with asyncio offers permessage-deflate; that with threads cannot. */
  compress?: boolean;
  /** The seconds to wait for the namespaces: a refusal by one of them does not end the wait. */
  patience?: number;
}

/** A client in the process. */
interface PythonClient {
  /** Resolves with the name of the transport. */
  connect(url: string, options?: ConnectOptions): Promise<string>;
  transport(): Promise<string>;
  emit(event: string, args?: unknown[], namespace?: string): Promise<void>;
  /** The acknowledgement of the server, a list if it has several values. */
  call(event: string, args?: unknown[], namespace?: string): Promise<any>;
  disconnect(): Promise<void>;
  /** The arguments of the next event with this name that was not read yet. */
  next(event: string, namespace?: string): Promise<any[]>;
}

interface Report {
  client: number;
  namespace: string;
  event: string;
  args: any[];
}

/** Starts Python, whose clients are controlled with JSON texts. */
class PythonProcess {
  private readonly child: ChildProcess;
  private readonly pending = new Map<number, (answer: any) => void>();
  private readonly reports: Report[] = [];
  private clients = 0;
  private orders = 0;
  private errors = "";

  constructor(style: string) {
    this.child = spawn(interpreter, [script, style], { stdio: "pipe" });
    this.child.stderr!.setEncoding("utf8").on("data", (text) => {
      this.errors += text;
    });
    createInterface(this.child.stdout!).on("line", (line) => {
      const said = JSON.parse(line, revive);
      if (said.reply === undefined) {
        this.reports.push(said);
        return;
      }
      this.pending.get(said.reply)?.(said);
      this.pending.delete(said.reply);
    });
    this.child.on("exit", () => {
      for (const settle of this.pending.values()) {
        settle({ error: "Exit", message: this.errors });
      }
    });
  }

  client(): PythonClient {
    const client = ++this.clients;
    const order = (fields: object) => this.order({ client, ...fields });
    return {
      connect: (url, options) =>
        order({
          do: "connect",
          url,
          transports: ["polling", "websocket"],
          namespaces: ["/"],
          reconnection: false,
          patience: 10,
          ...options,
        }),
      transport: () => order({ do: "transport" }),
      emit: (event, args = [], namespace = "/") => order({ do: "emit", event, args, namespace }),
      call: (event, args = [], namespace = "/") => order({ do: "call", event, args, namespace }),
      disconnect: () => order({ do: "disconnect" }),
      next: (event, namespace = "/") => this.next({ client, event, namespace }),
    };
  }

  private async order(fields: object): Promise<any> {
    const id = ++this.orders;
    const reply = new Promise<any>((resolve) => this.pending.set(id, resolve));
    this.child.stdin!.write(`${JSON.stringify({ id, ...fields }, replace)}\n`);
    const { value, error, message } = await reply;
    if (error !== undefined) {
      throw new Error(`${error}: ${message}`);
    }
    return value;
  }

  private async next(wanted: Omit<Report, "args">): Promise<any[]> {
    const place = () =>
      this.reports.findIndex(
        ({ client, event, namespace }) =>
          client === wanted.client && event === wanted.event && namespace === wanted.namespace,
      );
    await eventually(() => place() >= 0);
    return this.reports.splice(place(), 1)[0]!.args;
  }

  async stop(): Promise<void> {
    const ended = nextEvent(this.child, "exit");
    this.child.kill("SIGKILL");
    await ended;
  }
}

function replace(this: any, key: string, value: any): unknown {
  const original = this[key];
  return original instanceof Uint8Array ? { $bytes: Buffer.from(original).toString("base64") } : value;
}

function revive(_key: string, value: any): unknown {
  return typeof value?.$bytes === "string" ? Buffer.from(value.$bytes, "base64") : value;
}

const ways = [["polling"], ["websocket"], ["polling", "websocket"]];

for (const [style, name] of [
  ["sync", "python-socketio"],
  ["asyncio", "python-socketio with asyncio"],
] as const) {
  tested({ area: "Clients", name, programs: [python, pythonSocketIo] }, () => {
    let running: PythonProcess;

    before(() => {
      running = new PythonProcess(style);
    });

    after(() => running?.stop());

    async function open(options: ConnectOptions = {}, served = serve()) {
      const { io, url, ...rest } = await served;
      const client = running.client();
      const connection = nextValue<Socket>(io, "connection");
      const transport = await client.connect(url, options);
      const socket = await connection;
      expect(await client.next("connect")).to.eql([socket.id]);
      return { io, url, client, socket, transport, ...rest };
    }

    for (const transports of ways) {
      describe(`over ${transports.join(", then ")}`, () => {
        it("events arrive in both directions", async () => {
          const { client, socket, transport } = await open({ transports });
          expect(transport).to.be(transports.at(-1));
          await eventually(() => socket.conn.transport.name === transport);
          const value = { text: "ü€😀", deep: [null, 1.5, { yes: true }] };
          const seen: unknown[] = [];
          socket.on("number", (number) => seen.push(number));
          const last = nextEvent(socket, "last");
          // this client accepts at most 16 packets together over long-polling
          for (let number = 0; number < 10; number++) {
            await client.emit("number", [number]);
            socket.emit("number", number);
          }
          await client.emit("last", [value, "second"]);
          socket.emit("last", value, "second");
          expect(await last).to.eql([value, "second"]);
          expect(await client.next("last")).to.eql([value, "second"]);
          const numbers = Array.from({ length: 10 }, (_, number) => number);
          expect(seen).to.eql(numbers);
          // the threads of the client process them in any order
          const came = new Set<unknown>();
          for (const _ of numbers) {
            came.add((await client.next("number"))[0]);
          }
          expect(came.size).to.be(numbers.length);
        });

        it("binary data arrive in both directions, nested and large", async () => {
          const { client, socket } = await open({ transports });
          const args = [
            Buffer.from([0, 1, 255]),
            { deep: [Buffer.from([7])] },
            Buffer.alloc(300_000, "0123456789"),
          ];
          const came = nextEvent(socket, "bytes");
          await client.emit("bytes", args);
          expect(same(await came, args)).to.be(true);
          socket.emit("bytes", ...args);
          expect(same(await client.next("bytes"), args)).to.be(true);
        });

        it("both sides answer, also with binary data", async () => {
          const { client, socket } = await open({ transports });
          socket.on("question", (...args) => args.pop()(...args));
          expect(await client.call("question", ["why"])).to.be("why");
          expect(await client.call("question", ["two", { values: 2 }])).to.eql(["two", { values: 2 }]);
          expect(await client.call("question", [])).to.be(null);
          const bytes = Buffer.from([1, 2]);
          expect(same([await client.call("question", [{ bytes }])], [{ bytes }])).to.be(true);
          expect(await socket.timeout(10_000).emitWithAck("question", "why")).to.be("why");
          expect(same([await socket.timeout(10_000).emitWithAck("question", [bytes])], [[bytes]])).to.be(
            true,
          );
        });

        it("either side can end the connection, and the other learns of it", async () => {
          const first = await open({ transports });
          const left = nextValue(first.socket, "disconnect");
          await first.client.disconnect();
          expect(await left).to.match(/^(client namespace disconnect|transport close|transport error)$/);
          await first.client.next("disconnect");
          for (const close of [false, true]) {
            const { client, socket } = await open({ transports });
            const gone = nextValue(socket, "disconnect");
            socket.disconnect(close);
            expect(await gone).to.be("server namespace disconnect");
            await client.next("disconnect");
          }
        });

        it("reconnects after a crash and restart of the server", async () => {
          const { io, client, socket, crash, start } = await open({ transports, reconnection: true });
          await eventually(() => socket.conn.transport.writable);
          await crash();
          await client.next("disconnect");
          const connection = nextValue<Socket>(io, "connection");
          await start();
          const again = await connection;
          expect(again.id).not.to.be(socket.id);
          expect(await client.next("connect")).to.eql([again.id]);
          again.emit("text", "welcome back");
          expect(await client.next("text")).to.eql(["welcome back"]);
          await client.disconnect();
        });
      });
    }

    for (const perMessageDeflate of [true, { sharedCompression: false }]) {
      it(`has a conversation with a server that has perMessageDeflate ${JSON.stringify(perMessageDeflate)}`, async () => {
        const served = serve({ perMessageDeflate });
        const { io, client, socket } = await open({ transports: ["websocket"], compress: true }, served);
        const offer = socket.request.headers["sec-websocket-extensions"];
        expect(offer?.startsWith("permessage-deflate")).to.be(style === "asyncio" ? true : undefined);
        socket.on("question", (text, reply) => reply(text));
        for (let number = 0; number < 40; number++) {
          // repeats earlier texts, so that a wrong context becomes visible
          const text = `${number} ${"reconnect ü€😀 0123456789 ".repeat([1, 10, 100, 2_000][number % 4]!)}`;
          expect((await client.call("question", [text])) === text).to.be(true);
          socket.emit("one", text);
          io.emit("all", text);
          expect((await client.next("one"))[0] === text).to.be(true);
          expect((await client.next("all"))[0] === text).to.be(true);
        }
      });
    }

    it("joins several namespaces over one connection, with its auth and headers", async () => {
      const served = await serve();
      const chat = served.io.of("/chat");
      const inChat = nextValue<Socket>(chat, "connection");
      const { client, socket } = await open(
        { namespaces: ["/", "/chat"], auth: { token: "a" }, headers: { "X-From": "Python" } },
        Promise.resolve(served),
      );
      const other = await inChat;
      for (const { handshake } of [socket, other]) {
        expect(handshake.auth).to.eql({ token: "a" });
        expect(handshake.headers["x-from"]).to.be("Python");
      }
      expect(other.conn).to.be(socket.conn);
      expect(await client.next("connect", "/chat")).to.eql([other.id]);
      chat.emit("text", "in the chat");
      expect(await client.next("text", "/chat")).to.eql(["in the chat"]);
      other.on("question", (reply) => reply("from the chat"));
      expect(await client.call("question", [], "/chat")).to.be("from the chat");
    });

    it("receives the reason when a middleware refuses it", async () => {
      const { io, url } = await serve();
      io.use((_socket, next) => next(Object.assign(new Error("not allowed"), { data: { code: 42 } })));
      const client = running.client();
      const refused = await client.connect(url, { patience: 1 }).catch((error: Error) => error);
      expect((refused as Error).message).to.contain("ConnectionError");
      expect(await client.next("connect_error")).to.eql([{ message: "not allowed", data: { code: 42 } }]);
      expect(io.of("/").sockets.size).to.be(0);
    });

    it("a broadcast reaches a room of Python and JavaScript clients, and all answer", async () => {
      const { io, url, client, socket } = await open();
      const connection = nextValue<Socket>(io, "connection");
      const script = scriptClient(url);
      script.on("question", (text: string, reply: (answer: string) => void) => reply(text));
      for (const member of [socket, await connection]) {
        member.join("room");
      }
      const outsider = running.client();
      await outsider.connect(url);
      expect(await io.to("room").timeout(10_000).emitWithAck("question", "why")).to.eql(["why", "why"]);
      io.emit("mark");
      await outsider.next("mark");
      expect(await client.next("question")).to.eql(["why"]);
    });
  });
}

/** Compares bytes directly, since expect.js is slow. */
function same(left: unknown, right: unknown): boolean {
  return JSON.stringify(left, replace) === JSON.stringify(right, replace);
}
