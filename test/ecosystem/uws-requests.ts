/** Requests over µWebSockets.js: late responses, middleware, wrong transports, a closed server. */
import { connect, type Socket } from "node:net";
import { brotliCompressSync, brotliDecompressSync } from "node:zlib";
import expect from "expect.js";
import { Server } from "socket.io";
import { App } from "uwebsockets";
import { WebSocket } from "ws";
import { onTestEnd } from "../support/cleanup";
import { startCpuTime } from "../support/cpu-time";
import { ask } from "../support/http";
import { eventually, nextEvent, nextValue, turn } from "../support/waiting";
import { answerHello, client, greetEachWay } from "./support/hello";
import { tested } from "./support/tested";
import { attachUws, enter, listenUws } from "./support/uws";

const UPGRADE =
  "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/** Requests a connection with custom headers; the response is not parsed. */
function openRequest(url: string, transport: string, headers: string): Socket {
  const raw = connect(Number(new URL(url).port), "127.0.0.1");
  onTestEnd(() => raw.destroy());
  raw.write(`GET /socket.io/?EIO=4&transport=${transport} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`);
  return raw;
}

type Next = (error?: unknown) => void;

function fail(error: Error): never {
  throw error;
}

tested(
  {
    area: "Frameworks",
    name: "µWebSockets.js: requests",
    packages: ["uwebsockets"],
    remark: "A middleware that answers a request can use only the statuses 200 and 204 (engine.io).",
  },
  () => {
    it("survives clients that leave while the server decides about them [5]", async () => {
      let answer = (): void => {};
      const io = new Server({
        allowRequest: (_req, callback) => {
          answer = () => callback(null, true);
        },
      });
      const { url } = await attachUws(io);
      for (const upgrade of [true, false]) {
        answer = () => {};
        const none = answer;
        const raw = upgrade
          ? openRequest(url, "websocket", `Connection: Upgrade\r\n${UPGRADE}`)
          : openRequest(url, "polling", "");
        await eventually(() => answer !== none);
        raw.destroy();
        await nextEvent(raw, "close");
        // another connection is answered: the app has noticed that this one was closed
        await fetch(`${url}/socket.io/`);
        answer();
        await eventually(() => io.engine.clientsCount === 0);
      }
      const late = client(url, { transports: ["websocket"] });
      const asked = answer;
      await eventually(() => answer !== asked);
      await turn();
      answer();
      await nextEvent(late, "connect");
    });

    const failure = new Error("the database is away");
    for (const [what, name, status, register] of [
      ["whose allowRequest throws", "ALLOW_REQUEST_FAILURE", 403, { allowRequest: () => fail(failure) }],
      [
        "whose allowRequest rejects",
        "ALLOW_REQUEST_FAILURE",
        403,
        { allowRequest: async () => fail(failure) },
      ],
      ["that a middleware refuses", "MIDDLEWARE_FAILURE", 400, { middleware: (next: Next) => next(failure) }],
      ["whose middleware throws", "MIDDLEWARE_FAILURE", 400, { middleware: () => fail(failure) }],
    ] as [string, string, number, { allowRequest?: any; middleware?: (next: Next) => void }][]) {
      it(`refuses a connection ${what}, over each transport, and connection_error has the error`, async () => {
        const { allowRequest, middleware } = register;
        const io = new Server(allowRequest ? { allowRequest } : {});
        const { url } = await attachUws(io);
        middleware && io.engine.use((_req: unknown, _res: unknown, next: Next) => middleware(next));
        const contexts: unknown[] = [];
        io.engine.on("connection_error", ({ context }: { context: unknown }) => contexts.push(context));
        expect((await fetch(`${url}/socket.io/?EIO=4&transport=polling`)).status).to.be(status);
        const raw = new WebSocket(`${url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`);
        expect((await nextValue<Error>(raw, "error")).message).to.contain(String(status));
        expect(contexts).to.eql([
          { name, error: failure },
          { name, error: failure },
        ]);
      });
    }

    it("opens one connection when allowRequest answers twice", async () => {
      const io = new Server({
        allowRequest: (_req, callback) => {
          callback(null, true);
          callback(null, true);
        },
      });
      const { url } = await attachUws(io);
      await enter(url);
      await enter(url, "polling");
      expect(io.engine.clientsCount).to.be(2);
    });

    it("refuses a WebSocket with an unknown transport, and continues [5]", async () => {
      const io = new Server();
      const { url } = await attachUws(io);
      const opened = await (await fetch(`${url}/socket.io/?EIO=4&transport=polling`)).text();
      const { sid } = JSON.parse(opened.slice(1));
      for (const query of ["transport=polling", `transport=polling&sid=${sid}`]) {
        const raw = new WebSocket(`${url.replace("http", "ws")}/socket.io/?EIO=4&${query}`);
        expect((await nextValue<Error>(raw, "error")).message).to.contain("400");
      }
      expect(io.engine.clientsCount).to.be(1);
      await enter(url);
    });

    it("answers a plain request for a WebSocket [5]", async () => {
      const io = new Server();
      const { url } = await attachUws(io);
      const opened = nextValue<{ id: string }>(io.engine, "connection");
      await enter(url);
      const { id } = await opened;
      const answer = await fetch(`${url}/socket.io/?EIO=4&transport=websocket&sid=${id}`);
      expect(answer.status).to.be(400);
      expect(io.engine.clientsCount).to.be(1);
    });

    it("waits for slow middlewares, over each transport [5]", async () => {
      const io = new Server();
      const { url } = await attachUws(io);
      io.engine.use((_req: unknown, res: any, next: () => void) => {
        res.setHeader("X-RateLimit-Limit", 100);
        setImmediate(() => setImmediate(next));
      });
      answerHello(io);
      await greetEachWay(url);
      const { headers } = await fetch(`${url}/socket.io/?EIO=4&transport=polling`);
      expect(headers.get("x-ratelimit-limit")).to.be("100");
    });

    it("keeps WebSockets open after a slow middleware [5]", async () => {
      const io = new Server();
      const { url } = await attachUws(io);
      io.engine.use((_req: unknown, res: any, next: () => void) => {
        res.setHeader("X-RateLimit-Limit", 100);
        setImmediate(() => setImmediate(next));
      });
      answerHello(io);
      const lost: string[] = [];
      io.on("connection", (socket) => socket.on("disconnect", (reason) => lost.push(reason)));
      for (let round = 0; round < 10; round++) {
        await greetEachWay(url);
      }
      expect(lost).to.eql([]);
      expect(io.engine.clientsCount).to.be(30);
    });

    for (const [how, headers] of [
      ["", "Connection: close\r\n"],
      [", in a separate header line", "Connection: close\r\nConnection: Upgrade\r\n"],
    ]) {
      it(`refuses a WebSocket with Connection: close${how} [5]`, async () => {
        const io = new Server();
        const { url } = await attachUws(io);
        const refusals: unknown[] = [];
        io.engine.on("connection_error", ({ context }: any) => refusals.push(context));
        for (const isSlow of [false, true]) {
          isSlow && io.engine.use((_req: unknown, _res: unknown, next: () => void) => setImmediate(next));
          const raw = openRequest(url, "websocket", `${headers}${UPGRADE}`);
          const [answer] = await nextEvent(raw, "data");
          expect(String(answer)).to.match(/^HTTP\/1.1 400 [\s\S]*{"code":3,"message":"Bad request"}$/);
        }
        expect(refusals).to.eql([{ name: "BAD_CONNECTION_HEADER" }, { name: "BAD_CONNECTION_HEADER" }]);
        expect(io.engine.clientsCount).to.be(0);
      });
    }

    it("receives a message in several frames after a slow middleware [5]", async () => {
      const io = new Server();
      const { url } = await attachUws(io);
      io.engine.use((_req: unknown, _res: unknown, next: () => void) => setImmediate(next));
      io.on("connection", (socket) => socket.on("long", (text, reply) => reply(text.length)));
      const { socket } = await enter(url, "polling");
      expect(await socket.emitWithAck("long", "é".repeat(300_000))).to.be(300_000);
    });

    it("accepts infinite limits [5]", async () => {
      const io = new Server({ maxHttpBufferSize: Number.POSITIVE_INFINITY });
      const { url } = await attachUws(io, { maxBackpressure: Number.POSITIVE_INFINITY });
      answerHello(io);
      await greetEachWay(url);
    });

    it("refuses options that would crash the process [89]", () => {
      for (const options of [
        { idleTimeout: 7 },
        { idleTimeout: 961 },
        { idleTimeout: "soon" },
        { maxBackpressure: -1 },
        { compression: "gzip" },
      ]) {
        expect(() => new Server().attachApp(App(), options as object)).to.throwException((error) => {
          expect(error.code).to.be("INVALID_OPTION");
          expect(error.message).to.contain(Object.keys(options)[0]!);
        });
      }
      for (const idleTimeout of [0, 8, 960]) {
        new Server().attachApp(App(), { idleTimeout });
      }
    });

    it("compresses the browser client once, for concurrent requests too [security 32]", async () => {
      const { url } = await attachUws(new Server());
      const file = `${url}/socket.io/socket.io.min.js.map`;
      const plain = await ask(file);
      const compressing = startCpuTime();
      brotliCompressSync(plain.bytes);
      const once = compressing();
      const serving = startCpuTime();
      const answers = await Promise.all(
        Array.from({ length: 40 }, () => ask(file, { headers: { "Accept-Encoding": "br" } })),
      );
      expect(serving()).to.be.below(10 * once);
      for (const { bytes, headers } of answers) {
        expect(headers["content-encoding"]).to.be("br");
        expect(brotliDecompressSync(bytes).equals(plain.bytes)).to.be(true);
      }
    });

    it("refuses clients after close(), until the server is attached again [5]", async () => {
      const io = new Server();
      const { app, url } = await attachUws(io);
      const { socket } = await enter(url);
      const left = nextEvent(socket, "disconnect");
      await io.close();
      await left;
      for (const transport of ["polling", "websocket"]) {
        const late = client(url, { transports: [transport] });
        await nextEvent(late, "connect_error");
      }
      expect(io.engine.clientsCount).to.be(0);
      io.attachApp(app);
      onTestEnd(() => io.close());
      answerHello(io);
      await greetEachWay(url);
      await greetEachWay(await listenUws(app));
    });
  },
);
