import { request, type ServerResponse } from "node:http";
import expect from "expect.js";
import { onTestEnd } from "../support/cleanup";
import { ask, askHandshake, askUpgrade } from "../support/http";
import { ownSuite, ownTest } from "../support/own-tests";
import { answerOfUpgrade } from "../support/refusals";
import { type Running, startServer } from "../support/server";
import { eventually, nextEvent, turn } from "../support/waiting";
import { openWire } from "../support/wire";

const WEBSOCKET = "/socket.io/?EIO=4&transport=websocket";

/** Collects the errors with which connections are refused. */
function refusals({ io }: Running): { code: number; message: string; context: any }[] {
  const seen: { code: number; message: string; context: any }[] = [];
  io.engine.on("connection_error", ({ code, message, context }: any) =>
    seen.push({ code, message, context }),
  );
  return seen;
}

const failure = new Error("the database is away");

ownSuite("a connection whose allowRequest fails", () => {
  for (const [how, allowRequest] of Object.entries({
    throws() {
      throw failure;
    },
    async rejects() {
      throw failure;
    },
    "throws, and calls back later": (_req: unknown, done: (why: null, ok: boolean) => void) => {
      setImmediate(() => done(null, true));
      throw failure;
    },
  })) {
    it(`is refused as Forbidden, and connection_error has the error: it ${how}`, async () => {
      const running = await startServer({ allowRequest: allowRequest as any });
      const seen = refusals(running);
      const { status, text } = await askHandshake(running.url);
      expect([status, JSON.parse(text)]).to.eql([403, { code: 4, message: "Forbidden" }]);
      const upgrade = await answerOfUpgrade(running.port);
      expect(upgrade.status).to.be(400);
      expect(upgrade.text).to.match(/Forbidden$/);
      const refused = {
        code: 4,
        message: "Forbidden",
        context: { name: "ALLOW_REQUEST_FAILURE", error: failure },
      };
      expect(seen).to.eql([refused, refused]);
      await turn();
      expect(running.io.engine.clientsCount).to.be(0);
    });
  }

  it("is refused as well if the option is set later", async () => {
    const running = await startServer();
    running.io.engine.opts.allowRequest = async () => {
      throw failure;
    };
    expect((await askHandshake(running.url)).status).to.be(403);
  });
});

describe("a connection that allowRequest refuses with a value that is not a string", () => {
  ownTest("is refused as Forbidden, and connection_error has an error", async () => {
    const running = await startServer({ allowRequest: (_req, done) => done(failure as any, false) });
    const seen = refusals(running);
    const { status, text } = await askHandshake(running.url);
    expect([status, JSON.parse(text)]).to.eql([403, { code: 4, message: "Forbidden" }]);
    expect((await answerOfUpgrade(running.port)).text).to.match(/Forbidden$/);
    const refused = {
      code: 4,
      message: "Forbidden",
      context: { name: "ALLOW_REQUEST_FAILURE", error: failure },
    };
    expect(seen).to.eql([refused, refused]);
  });

  for (const [given, shown] of [
    [7, "7"],
    [true, "true"],
    [{ reason: "full" }, '{"reason":"full"}'],
  ] as const) {
    ownTest(`receives it as a string, if it requested a WebSocket: ${JSON.stringify(given)}`, async () => {
      const running = await startServer({ allowRequest: (_req, done) => done(given as any, false) });
      expect(JSON.parse((await askHandshake(running.url)).text)).to.eql({ code: 4, message: given });
      const { status, text } = await answerOfUpgrade(running.port);
      expect(status).to.be(400);
      expect(text.endsWith(`\r\n\r\n${shown}`)).to.be(true);
    });
  }
});

describe("a connection whose allowRequest calls back twice", () => {
  ownTest("is opened once", async () => {
    const running = await startServer({
      allowRequest: (_req, done) => {
        done(null, true);
        done(null, true);
      },
    });
    expect((await askHandshake(running.url)).status).to.be(200);
    await (await openWire(running.url)).join();
    expect(running.io.engine.clientsCount).to.be(2);
  });
});

ownSuite("a connection that a middleware of the engine refuses", () => {
  for (const [how, [middleware, error]] of Object.entries<[(...args: any[]) => unknown, unknown]>({
    "next(error)": [(_req, _res, next) => next(failure), failure],
    "next(text)": [(_req, _res, next) => next("not today"), "not today"],
    "next(error), later": [(_req, _res, next) => setImmediate(next, failure), failure],
    "an exception": [
      () => {
        throw failure;
      },
      failure,
    ],
    "a promise that rejects": [async () => Promise.reject(failure), failure],
  })) {
    it(`with ${how} is answered with 400, and connection_error has the error`, async () => {
      const running = await startServer();
      running.io.engine.use(middleware as any);
      const seen = refusals(running);
      const { status, text } = await askHandshake(running.url);
      expect([status, JSON.parse(text)]).to.eql([400, { code: 3, message: "Bad request" }]);
      expect((await answerOfUpgrade(running.port)).text).to.match(/Bad request$/);
      const refused = { code: 3, message: "Bad request", context: { name: "MIDDLEWARE_FAILURE", error } };
      expect(seen).to.eql([refused, refused]);
    });
  }
});

const waits: Record<string, (running: Running, wait: () => Promise<void>) => void> = {
  "an asynchronous allowRequest": ({ io }, wait) => {
    io.engine.opts.allowRequest = (_req: unknown, done: any) => wait().then(() => done(null, true));
  },
  "a middleware of the engine": ({ io }, wait) => {
    io.engine.use((_req: any, _res: any, next: () => void) => wait().then(next));
  },
  "an asynchronous generateId": ({ io }, wait) => {
    io.engine.generateId = (() => wait().then(() => "an-id")) as any;
  },
};

ownSuite("a middleware of the engine that responds, and calls next()", () => {
  for (const isLate of [false, true]) {
    it(`has responded: the request is not processed further${isLate ? ", later" : ""}`, async () => {
      const running = await startServer();
      running.io.engine.use((_req: unknown, res: ServerResponse, next: () => void) => {
        res.writeHead(401);
        res.end("no");
        isLate ? setImmediate(next) : next();
      });
      const seen = refusals(running);
      const { status, text } = await askHandshake(running.url);
      expect([status, text]).to.eql([401, "no"]);
      const upgrade = await askUpgrade(running.port, WEBSOCKET);
      await upgrade.ended;
      expect(upgrade.received().length).to.be(0);
      expect(running.io.engine.clientsCount).to.be(0);
      expect(seen).to.eql([]);
    });
  }
});

ownSuite("a client that resets its connection", () => {
  for (const [name, prepare] of Object.entries(waits)) {
    it(`while its upgrade request waits for ${name} has no effect on others`, async () => {
      const running = await startServer();
      let goOn = () => {};
      const released = new Promise<void>((resolve) => {
        goOn = resolve;
      });
      let waiting = 0;
      prepare(running, () => {
        waiting++;
        return released;
      });
      const upgraded = nextEvent(running.httpServer, "upgrade");
      const { socket } = await askUpgrade(running.port, WEBSOCKET);
      const [, stream] = await upgraded;
      await eventually(() => waiting === 1);
      socket.resetAndDestroy();
      // a stream without a reader notices the reset when it is written to
      await eventually(() => stream.destroyed || stream.write("HTTP/1.1 100 Continue\r\n\r\n") === undefined);
      goOn();
      await (await openWire(running.url)).join();
      await eventually(() => running.io.engine.clientsCount === 1);
    });
  }

  it("while its polling request is pending has no effect on others", async () => {
    const running = await startServer();
    let goOn = () => {};
    let waiting = 0;
    running.io.engine.opts.allowRequest = (_req: unknown, done: any) => {
      waiting++;
      goOn = () => done(null, true);
    };
    const req = request(`${running.url}/socket.io/?EIO=4&transport=polling`, { agent: false });
    req.on("error", () => {});
    onTestEnd(() => req.destroy());
    req.end();
    await eventually(() => waiting === 1);
    req.socket?.resetAndDestroy();
    goOn();
    expect((await ask(`${running.url}/socket.io/socket.io.js`)).status).to.be(200);
  });
});

describe("an upgrade request with a response", () => {
  it("leaves no listener on the stream", async () => {
    const running = await startServer();
    const upgraded = nextEvent(running.httpServer, "upgrade");
    const wire = await openWire(running.url);
    const [, stream] = await upgraded;
    await wire.join();
    expect(stream.listenerCount("error")).to.be(1);
  });
});
