/** The requests of a connection after the first one: what an application, a tool or another client sees of them. */
import { createServer, type ServerResponse } from "node:http";
import { connect } from "node:net";
import expect from "expect.js";
import { type Answer, ask } from "../support/http";
import { listen, startServer } from "../support/server";
import { dependencyOfSubject, Server } from "../support/subject";
import { openPolling, openWire, type PollingWire } from "../support/wire";

/** Sends a POST and a GET request of a connection, and checks that the server handles both. */
async function join(wire: PollingWire): Promise<Answer> {
  const posted = await wire.post("40");
  expect([posted.status, posted.text]).to.eql([200, "ok"]);
  const answer = await wire.get();
  expect(answer.text).to.match(/^40\{"sid":"/);
  return answer;
}

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

  for (const name of ["handleRequest", "verify", "_applyMiddlewares"]) {
    it(`passes through ${name}() that the application has replaced`, async () => {
      const { io, url } = await startServer();
      const wire = await openPolling(url);
      const engine = io.engine as any;
      const original = engine[name];
      let calls = 0;
      engine[name] = function (...args: unknown[]) {
        calls++;
        return original.apply(this, args);
      };
      // the engine has bound its listener to the engine, not to the method
      await join(wire);
      expect(calls).to.be(2);
    });

    it(`passes through ${name}() that a tool has replaced for all engines`, async () => {
      const { url } = await startServer();
      const wire = await openPolling(url);
      const { prototype } = dependencyOfSubject("engine.io").Server;
      const original = prototype[name];
      const owner = Object.hasOwn(prototype, name);
      let calls = 0;
      prototype[name] = function (...args: unknown[]) {
        calls++;
        return original.apply(this, args);
      };
      try {
        await join(wire);
      } finally {
        owner ? Object.assign(prototype, { [name]: original }) : delete prototype[name];
      }
      expect(calls).to.be(2);
    });
  }

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

/** Sends a GET request with an origin that the HTTP client of Node.js would refuse. */
async function rawGet(port: number, address: string, origin: string) {
  const { pathname, search } = new URL(address);
  const socket = connect(port);
  socket.write(
    `GET ${pathname}${search} HTTP/1.1\r\nHost: localhost\r\nOrigin: ${origin}\r\nConnection: close\r\n\r\n`,
  );
  let answer = "";
  for await (const chunk of socket) {
    answer += chunk;
  }
  const [text] = /\{.*\}/.exec(answer) ?? ["{}"];
  return { status: Number(answer.split(" ")[1]), text };
}
