/** The requests of a connection after the first one: what an application, a tool or another client sees of them. */
import { createServer, type ServerResponse } from "node:http";
import expect from "expect.js";
import { onTestEnd } from "../support/cleanup";
import { type Answer, ask, sendRaw } from "../support/http";
import { ownSuite } from "../support/own-tests";
import { runNode } from "../support/repository";
import { listen, startServer } from "../support/server";
import { dependencyOfSubject, Server } from "../support/subject";
import { nextValue } from "../support/waiting";
import { openPolling, openWire, type PollingWire } from "../support/wire";

/** Sends a POST and a GET request of a connection, and checks that the server handles both. */
async function join(wire: PollingWire): Promise<Answer> {
  const posted = await wire.post("40");
  expect([posted.status, posted.text]).to.eql([200, "ok"]);
  const answer = await wire.get();
  expect(answer.text).to.match(/^40\{"sid":"/);
  return answer;
}

/** The methods of the engine that handle a request before its transport does, in this order. */
const METHODS = ["handleRequest", "prepare", "_applyMiddlewares", "verify"];

describe("a later request of a connection", () => {
  it("passes through the middlewares of the engine, also those that are added while it is open", async () => {
    const { io, url } = await startServer({ cors: { origin: true } });
    const wire = await openPolling(url);
    const seen: (string | undefined)[] = [];
    io.engine.use((req: { method?: string; _query?: object }, res: ServerResponse, next: () => void) => {
      seen.push(req.method);
      res.setHeader("X-Middleware", "yes");
      next();
    });
    const { headers } = await join(wire);
    expect(seen).to.eql(["POST", "GET"]);
    expect(headers["x-middleware"]).to.be("yes");
  });

  it("is refused by a middleware of the engine", async () => {
    const { io, url } = await startServer();
    const wire = await openPolling(url);
    io.engine.use((_req: unknown, _res: unknown, next: (error: Error) => void) => next(new Error("closed")));
    const { status, text } = await wire.get();
    expect([status, JSON.parse(text)]).to.eql([400, { code: 3, message: "Bad request" }]);
  });

  for (const name of METHODS) {
    const owners: Record<string, (engine: any) => any> = {
      "of this engine": (engine) => engine,
      "of the class of the engine": (engine) => engine.constructor.prototype,
      "of the class Server of engine.io": () => dependencyOfSubject("engine.io").Server.prototype,
    };
    for (const [whose, ownerOf] of Object.entries(owners)) {
      it(`passes through a replaced method ${name}() ${whose}`, async () => {
        const { io, url } = await startServer();
        const wire = await openPolling(url);
        const calls = countCalls(ownerOf(io.engine), name);
        await join(wire);
        expect(calls()).to.be(2);
      });
    }
  }

  it("passes through the methods that a tool has replaced before the first server", async () => {
    const { stdout, stderr } = await runNode(["--import=tsx", "--no-warnings", "-e", EARLY_TOOL]);
    expect(stdout.trim() || stderr).to.be(METHODS.map((name) => `${name} 3`).join());
  });

  it("passes through the methods of a subclass of the engine", async () => {
    const { io, url } = await startServer();
    const wire = await openPolling(url);
    const Engine = (io.engine as any).constructor;
    let calls = 0;
    class Counting extends Engine {
      verify(...args: unknown[]) {
        calls++;
        return super.verify(...args);
      }
    }
    Object.setPrototypeOf(io.engine, Counting.prototype);
    await join(wire);
    expect(calls).to.be(2);
  });

  it("passes through a transport whose onRequest() was replaced", async () => {
    const { io, url } = await startServer();
    const connected = new Promise<any>((resolve) => io.engine.once("connection", resolve));
    const wire = await openPolling(url);
    const { transport } = await connected;
    const methods: string[] = [];
    const { onRequest } = transport;
    transport.onRequest = function (req: { method: string; res?: object }) {
      expect(req.res).to.be.an("object");
      methods.push(req.method);
      return onRequest.call(this, req);
    };
    await join(wire);
    expect(methods).to.eql(["POST", "GET"]);
  });

  it("is refused when its transport is not allowed any more", async () => {
    const { io, url } = await startServer();
    const wire = await openPolling(url);
    (io.engine as any).opts.transports = ["websocket"];
    const { status, text } = await wire.get();
    expect([status, JSON.parse(text)]).to.eql([400, { code: 0, message: "Transport unknown" }]);
  });

  it("is refused with the session of a WebSocket, and the session goes on", async () => {
    const { url } = await startServer();
    const wire = await openWire(url);
    const refused = await ask(`${url}/socket.io/?EIO=4&transport=polling&sid=${wire.opened.sid}`);
    expect([refused.status, JSON.parse(refused.text)]).to.eql([400, { code: 3, message: "Bad request" }]);
    expect(await wire.join()).to.match(/^40\{"sid":"/);
  });

  for (const sid of ["__proto__", "constructor", "hasOwnProperty"]) {
    it(`is refused with the session id ${sid}`, async () => {
      const { url } = await startServer();
      const { status, text } = await ask(`${url}/socket.io/?EIO=4&transport=polling&sid=${sid}`);
      expect([status, JSON.parse(text)]).to.eql([400, { code: 1, message: "Session ID unknown" }]);
    });
  }

  it("is refused with an origin that is not a valid header, if the HTTP server accepts such requests", async () => {
    const httpServer = createServer({ insecureHTTPParser: true });
    const running = await listen(new Server(httpServer), httpServer);
    const wire = await openPolling(running.url);
    const { status, text } = await rawGet(running.port, wire.address, "a\x01b");
    expect([status, JSON.parse(text)]).to.eql([400, { code: 3, message: "Bad request" }]);
    await join(wire);
  });
});

ownSuite("a later request that engine.io cannot verify", () => {
  it("is refused, and the error is reported", async () => {
    const { io, url } = await startServer();
    const wire = await openPolling(url);
    const refused = nextValue<any>(io.engine as any, "connection_error");
    (io.engine as any).opts.transports = undefined;
    expect((await wire.get()).status).to.be(403);
    const { context } = await refused;
    expect(context.name).to.be("ALLOW_REQUEST_FAILURE");
    expect(context.error).to.be.a(TypeError);
  });
});

/** Replaces a method until the test ends. The returned function tells how often it was called. */
function countCalls(owner: any, name: string): () => number {
  const isOwn = Object.hasOwn(owner, name);
  const original = owner[name];
  let calls = 0;
  owner[name] = function (...args: unknown[]) {
    calls++;
    return original.apply(this, args);
  };
  onTestEnd(() => {
    if (isOwn) {
      owner[name] = original;
    } else {
      delete owner[name];
    }
  });
  return () => calls;
}

/** A program that replaces the methods, sends three requests of a connection, and prints how often each method was called. */
const EARLY_TOOL = `
  const { dependencyOfSubject } = require("./test/support/subject.ts");
  const { prototype } = dependencyOfSubject("engine.io").Server;
  const calls = new Map();
  for (const name of ${JSON.stringify(METHODS)}) {
    const original = prototype[name];
    prototype[name] = function (...args) {
      calls.set(name, (calls.get(name) ?? 0) + 1);
      return original.apply(this, args);
    };
  }
  const { startServer } = require("./test/support/server.ts");
  const { openPolling } = require("./test/support/wire.ts");
  startServer().then(async ({ url }) => {
    const wire = await openPolling(url);
    await wire.post("40");
    await wire.get();
    console.log([...calls].map((call) => call.join(" ")).join());
    process.exit();
  });`;

/** Sends a GET request with an origin that the HTTP client of Node.js would refuse. */
async function rawGet(port: number, address: string, origin: string) {
  const { pathname, search } = new URL(address);
  const lines = ["Host: localhost", `Origin: ${origin}`, "Connection: close"];
  const { received, ended } = await sendRaw(
    port,
    `GET ${pathname}${search} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`,
  );
  await ended;
  const answer = received().toString();
  const [text] = /\{.*\}/.exec(answer) ?? ["{}"];
  return { status: Number(answer.split(" ")[1]), text };
}
