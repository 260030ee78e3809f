import type { IncomingMessage } from "node:http";
import expect from "expect.js";
import { ask, askHandshake, askUpgrade } from "../support/http";
import { type Running, startServer } from "../support/server";
import { eventually, nextEvent, nextValue, turn } from "../support/waiting";
import { openPolling, openWire } from "../support/wire";

type Next = (err?: unknown) => void;

const WEBSOCKET = "/socket.io/?EIO=4&transport=websocket";

/** The response to an upgrade request, up to the end of the headers. */
async function upgradeHead(running: Running, headers?: Record<string, string>): Promise<string> {
  const upgrade = await askUpgrade(running.port, WEBSOCKET, headers);
  await eventually(() => upgrade.received().includes("\r\n\r\n"));
  return upgrade.received().toString("latin1").split("\r\n\r\n")[0];
}

describe("engine.use()", () => {
  it("is called for every request: handshake, polls, posts and the upgrade [32]", async () => {
    const { io, pair } = await startServer();
    const seen: string[] = [];
    io.engine.use((req: any, _res: any, next: Next) => {
      const { transport, sid } = req._query;
      seen.push(`${req.method} ${transport} ${sid ? "later" : "first"} ${Boolean(req.headers.upgrade)}`);
      next();
    });
    const { client } = await pair();
    await eventually(() => client.io.engine.transport.name === "websocket");
    expect(seen[0]).to.be("GET polling first false");
    expect([...new Set(seen.slice(1))].sort()).to.eql([
      "GET polling later false",
      "GET websocket later true",
      "POST polling later false",
    ]);
    expect(seen.filter((request) => request.endsWith("true")).length).to.be(1);
  });

  it("calls the functions one after the other, each when the previous one has called next() [32]", async () => {
    const { io, url } = await startServer();
    const calls: string[] = [];
    let goOn: Next | undefined;
    io.engine.use((_req: any, _res: any, next: Next) => {
      calls.push("first");
      goOn = next;
    });
    io.engine.use((_req: any, _res: any, next: Next) => {
      calls.push("second");
      next();
    });
    const answer = askHandshake(url);
    await eventually(() => goOn);
    expect(calls).to.eql(["first"]);
    goOn?.();
    expect((await answer).status).to.be(200);
    expect(calls).to.eql(["first", "second"]);
  });

  it("skips the remaining functions after a failure, and does not verify a request that failed [32]", async () => {
    let asked = 0;
    const { io, url } = await startServer({
      allowRequest: (_req, done) => {
        asked++;
        done(null, true);
      },
    });
    let later = 0;
    io.engine.use((_req: any, _res: any, next: Next) => next("failure"));
    io.engine.use((_req: any, _res: any, next: Next) => {
      later++;
      next();
    });
    expect((await askHandshake(url)).status).to.be(400);
    expect([asked, later]).to.eql([0, 0]);
  });

  it("can observe the close of an upgraded connection, and of the response to a request", async () => {
    const { io, pair } = await startServer();
    const closed: string[] = [];
    io.engine.use((req: any, res: any, next: Next) => {
      const { transport } = req._query;
      res.on("close", () => closed.push(transport));
      next();
    });
    const { socket } = await pair("/", { transports: ["websocket"] });
    socket.disconnect(true);
    await eventually(() => closed.includes("websocket"));
    (await pair("/", { transports: ["polling"] })).socket.disconnect(true);
    await eventually(() => closed.includes("polling"));
    expect(closed.filter((transport) => transport === "websocket").length).to.be(1);
  });

  it("is called before the request is verified [32]", async () => {
    const { io, url } = await startServer();
    let calls = 0;
    io.engine.use((_req: any, _res: any, next: Next) => {
      calls++;
      next();
    });
    expect((await ask(`${url}/socket.io/?transport=tobi`)).status).to.be(400);
    expect(calls).to.be(1);
  });

  it("is not called for requests with other paths, nor for client files [32]", async () => {
    const running = await startServer();
    let calls = 0;
    running.io.engine.use((_req: any, _res: any, next: Next) => {
      calls++;
      next();
    });
    running.httpServer.on("request", (req, res) => {
      if (req.url === "/elsewhere") {
        res.end();
      }
    });
    await ask(`${running.url}/elsewhere`);
    expect((await ask(`${running.url}/socket.io/socket.io.js`)).status).to.be(200);
    expect(calls).to.be(0);
  });

  it("can set headers of responses, including the response to an upgrade request [32]", async () => {
    const running = await startServer();
    running.io.engine.use((_req: any, res: any, next: Next) => {
      res.setHeader("x-kept", "1");
      res.setHeader("x-removed", "2");
      expect(res.getHeader("x-kept")).to.be("1");
      res.removeHeader("x-removed");
      next();
    });
    const { headers } = await askHandshake(running.url);
    expect(headers["x-kept"]).to.be("1");
    expect(headers["x-removed"]).to.be(undefined);
    const head = await upgradeHead(running);
    expect(head).to.match(/^HTTP\/1\.1 101 /);
    expect(head).to.contain("\r\nx-kept: 1");
    expect(head).not.to.contain("x-removed");
  });

  it("can set headers in writeHead(), as express-session does [32]", async () => {
    const running = await startServer();
    running.io.engine.use((_req: any, res: any, next: Next) => {
      const { writeHead } = res;
      res.writeHead = (...args: unknown[]) => {
        res.setHeader("x-late", "1");
        return writeHead.apply(res, args);
      };
      next();
    });
    expect((await askHandshake(running.url)).headers["x-late"]).to.be("1");
    expect(await upgradeHead(running)).to.contain("\r\nx-late: 1");
  });

  it("can respond itself; an upgrade request is then closed [32]", async () => {
    const running = await startServer();
    running.io.engine.use((_req: any, res: any) => {
      res.writeHead(503);
      res.end("closed today");
    });
    const answer = await askHandshake(running.url);
    expect([answer.status, answer.text]).to.eql([503, "closed today"]);
    const upgrade = await askUpgrade(running.port, WEBSOCKET);
    await upgrade.ended;
    expect(upgrade.received().length).to.be(0);
    expect(running.io.engine.clientsCount).to.be(0);
  });

  it("receives the request of the sockets: its changes are visible in socket.request [32]", async () => {
    const { io, url } = await startServer();
    io.engine.use((req: any, _res: any, next: Next) => {
      req.user = "alice";
      next();
    });
    const connected = nextValue(io, "connection");
    await (await openWire(url)).join();
    expect((await connected).request.user).to.be("alice");
  });

  it("receives requests with a parsed query, which it can replace [32]", async () => {
    const { io, url } = await startServer();
    io.engine.use((req: any, _res: any, next: Next) => {
      req._query.added = req._query.EIO;
      next();
    });
    const connected = nextValue(io, "connection");
    await (await openWire(url)).join();
    expect((await connected).handshake.query.added).to.be("4");
  });
});

describe("engine.generateId", () => {
  it("creates the session id from the first request; the public id is different [33]", async () => {
    const { io, url } = await startServer();
    const requests: (string | undefined)[] = [];
    io.engine.generateId = (req: IncomingMessage) => {
      requests.push(req.url);
      return `custom-${requests.length}`;
    };
    const connected = nextValue(io, "connection");
    const wire = await openWire(url);
    await wire.join();
    const socket = await connected;
    expect(wire.opened.sid).to.be("custom-1");
    expect(socket.conn.id).to.be("custom-1");
    expect(socket.id).not.to.contain("custom");
    const polling = await openPolling(url);
    expect(polling.opened.sid).to.be("custom-2");
    expect(await polling.join()).to.match(/^40/);
    expect(requests).to.eql(["/socket.io/?transport=websocket&EIO=4", "/socket.io/?transport=polling&EIO=4"]);
  });

  it("may be asynchronous [33]", async () => {
    const { io, url, pair } = await startServer();
    let generated = 0;
    io.engine.generateId = (async () => {
      await turn();
      return `async-${++generated}`;
    }) as any;
    expect((await openPolling(url)).opened.sid).to.be("async-1");
    expect((await openWire(url)).opened.sid).to.be("async-2");
    const { client, socket } = await pair();
    expect((socket.conn as any).id).to.be("async-3");
    expect((client.io.engine as any).id).to.be("async-3");
  });
});

describe("engine.clientsCount", () => {
  it("counts connections, not sockets, and decreases when they close [33]", async () => {
    const { io, url } = await startServer();
    io.of("/chat");
    expect(io.engine.clientsCount).to.be(0);
    const wire = await openWire(url);
    await wire.join();
    await wire.join("/chat");
    expect(io.engine.clientsCount).to.be(1);
    const polling = await openPolling(url);
    expect(io.engine.clientsCount).to.be(2);
    await polling.post("1");
    expect(io.engine.clientsCount).to.be(1);
    wire.ws.close();
    await eventually(() => io.engine.clientsCount === 0);
  });
});

describe("engine.opts", () => {
  it("can be changed for later connections [33]", async () => {
    const { io, url } = await startServer({ pingInterval: 1000 });
    expect(io.engine.opts.pingInterval).to.be(1000);
    io.engine.opts.pingInterval = 2000;
    io.engine.opts.pingTimeout = 3000;
    io.engine.opts.maxHttpBufferSize = 10;
    const wire = await openPolling(url);
    const { pingInterval, pingTimeout, maxPayload } = wire.opened;
    expect([pingInterval, pingTimeout, maxPayload]).to.eql([2000, 3000, 10]);
    expect((await wire.post('42["longer than 10"]')).status).to.be(413);
    io.engine.opts.transports = ["websocket"];
    expect((await askHandshake(url)).status).to.be(400);
    io.engine.opts.transports = ["polling", "websocket"];
    io.engine.opts.allowUpgrades = false;
    expect((await openPolling(url)).opened.upgrades).to.eql([]);
    io.engine.opts.allowRequest = (_req: unknown, done: (why: string, ok: boolean) => void) =>
      done("no", false);
    expect((await askHandshake(url)).status).to.be(403);
  });

  it("can allow protocol 3 for later connections [33]", async () => {
    const { io, url } = await startServer();
    io.engine.opts.allowEIO3 = true;
    const connected = nextEvent(io, "connection");
    expect(await (await openWire(url, "EIO=3")).next()).to.be("40");
    await connected;
  });
});
