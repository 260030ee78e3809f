import { createServer } from "node:http";
import { Server as Engine } from "engine.io";
import expect from "expect.js";
import { onTestEnd } from "../support/cleanup";
import { stopClock } from "../support/clock";
import { addressOf, ask, askHandshake, openOf } from "../support/http";
import { ownTest } from "../support/own-tests";
import { connectClient, listen, startServer } from "../support/server";
import { Server } from "../support/subject";
import { nextEvent, turn } from "../support/waiting";

/** The results of `close(callback)`: the value of the promise, and the arguments of the callback. */
async function closed(io: { close(fn: (error?: Error) => void): Promise<void> }) {
  const calls: unknown[] = [];
  const value = await io.close((error) => calls.push(error));
  return { value, calls };
}

const codesOf = (errors: unknown[]) => errors.map((error: any) => error?.code);

describe("io.close()", () => {
  it("resolves once the HTTP server is closed, also one of the application [90]", async () => {
    const { io, httpServer } = await startServer();
    let over = false;
    httpServer.on("close", () => {
      over = true;
    });
    const promise = io.close();
    expect(promise).to.be.a(Promise);
    expect(await promise).to.be(undefined);
    expect(over).to.be(true);
    expect(httpServer.listening).to.be(false);
  });

  it("calls the callback once the HTTP server is closed, before the promise resolves [90]", async () => {
    const { io, httpServer } = await startServer();
    const order: string[] = [];
    httpServer.on("close", () => order.push("closed"));
    const value = await io.close((error?: Error) => {
      order.push(`called back with ${error}`);
    });
    expect(value).to.be(undefined);
    expect(order).to.eql(["closed", "called back with undefined"]);
  });

  it("closes the HTTP server of a port [4, 90]", async () => {
    const io = new Server(0);
    const url = await addressOf(io);
    openOf(await askHandshake(url));
    await io.close();
    expect(io.httpServer.listening).to.be(false);
    const error = await askHandshake(url).then(
      () => undefined,
      (reason) => reason,
    );
    expect(error.code).to.be("ECONNREFUSED");
  });

  it("waits for responses that the application has not sent yet [90]", async () => {
    const httpServer = createServer();
    const asked = nextEvent(httpServer, "request");
    const { io, url } = await listen(new Server(httpServer), httpServer);
    const answer = ask(`${url}/slow`);
    const [, res] = await asked;
    let over = false;
    const closing = io.close().then(() => {
      over = true;
    });
    await nextEvent(connectClient(url, { reconnection: false }), "connect_error");
    expect(over).to.be(false);
    res.end("at last");
    expect((await answer).text).to.be("at last");
    await closing;
  });

  it("resolves though the HTTP server has never listened; the callback receives an error [90]", async () => {
    const { value, calls } = await closed(new Server(createServer()));
    expect(value).to.be(undefined);
    expect(codesOf(calls)).to.eql(["ERR_SERVER_NOT_RUNNING"]);
  });

  it("resolves though the HTTP server has stopped already; the callback receives an error [90]", async () => {
    const { io, httpServer } = await startServer();
    await new Promise((resolve) => httpServer.close(resolve));
    const { value, calls } = await closed(io);
    expect(value).to.be(undefined);
    expect(codesOf(calls)).to.eql(["ERR_SERVER_NOT_RUNNING"]);
    await io.close();
  });

  it("waits for an HTTP server that is stopping already [90]", async () => {
    const { io, httpServer, pair } = await startServer();
    const { client } = await pair("/", { transports: ["websocket"], reconnection: false });
    const left = nextEvent(client, "disconnect");
    // waits for the WebSocket
    const stopped = new Promise((resolve) => httpServer.close(resolve));
    const { calls } = await closed(io);
    expect(codesOf(calls)).to.eql(["ERR_SERVER_NOT_RUNNING"]);
    await left;
    await stopped;
  });

  it("can be called twice, at once and later [90]", async () => {
    const { io, httpServer } = await startServer();
    const [first, second] = await Promise.all([closed(io), closed(io)]);
    expect(first).to.eql({ value: undefined, calls: [undefined] });
    expect(codesOf(second.calls)).to.eql(["ERR_SERVER_NOT_RUNNING"]);
    const third = await closed(io);
    expect(codesOf(third.calls)).to.eql(["ERR_SERVER_NOT_RUNNING"]);
    expect(httpServer.listening).to.be(false);
  });

  ownTest("resolves for a server that was never attached [90]", async () => {
    expect(await closed(new Server())).to.eql({ value: undefined, calls: [undefined] });
    expect(await new Server().close()).to.be(undefined);
  });

  it("closes an engine that was bound, but not its HTTP server [6, 90]", async () => {
    const httpServer = createServer();
    const engine = new Engine();
    engine.attach(httpServer, { path: "/socket.io/" });
    const io = new Server();
    io.bind(engine);
    const { pair } = await listen(io, httpServer);
    const { client, socket } = await pair("/", { transports: ["websocket"], reconnection: false });
    const left = nextEvent(client, "disconnect");
    const shutDown = nextEvent(socket, "disconnect");
    await io.close();
    await left;
    expect((await shutDown)[0]).to.be("server shutting down");
    expect(engine.clientsCount).to.be(0);
    expect(httpServer.listening).to.be(true);
  });
});

describe("the order of closing", () => {
  it("is sockets, adapters, engine, HTTP server, callback [74, 90]", async () => {
    const { io, httpServer, pair } = await startServer();
    const order: string[] = [];
    const main = await pair("/", { reconnection: false });
    const chat = await pair("/chat", { reconnection: false });
    main.socket.on("disconnect", () => order.push("socket in /"));
    chat.socket.on("disconnect", () => order.push("socket in /chat"));
    for (const { adapter, name } of io._nsps.values()) {
      adapter.close = async () => {
        order.push(`adapter of ${name} begins`);
        await turn();
        order.push(`adapter of ${name} ends`);
      };
    }
    const closeEngine = io.engine.close;
    io.engine.close = function () {
      order.push("engine");
      return closeEngine.call(this);
    };
    const closeHttpServer = httpServer.close;
    httpServer.close = (done) => {
      order.push("HTTP server");
      return closeHttpServer.call(httpServer, done);
    };
    onTestEnd(() => {
      httpServer.close = closeHttpServer;
    });
    await io.close(() => order.push("callback"));
    expect(order).to.eql([
      "socket in /",
      "adapter of / begins",
      "socket in /chat",
      "adapter of /chat begins",
      "adapter of / ends",
      "adapter of /chat ends",
      "engine",
      "HTTP server",
      "callback",
    ]);
  });

  for (const [how, close] of Object.entries({
    throws: () => {
      throw new Error("no");
    },
    rejects: () => Promise.reject(new Error("no")),
  })) {
    it(`continues when the close() of an adapter ${how} [74, 90]`, async () => {
      const { io, httpServer, pair } = await startServer();
      io.of("/chat");
      io.sockets.adapter.close = close;
      let others = 0;
      io.of("/chat").adapter.close = () => {
        others++;
      };
      const { client } = await pair("/", { reconnection: false });
      const left = nextEvent(client, "disconnect");
      expect(await closed(io)).to.eql({ value: undefined, calls: [undefined] });
      await left;
      expect(others).to.be(1);
      expect(httpServer.listening).to.be(false);
    });
  }
});

ownTest("io.close() waits 30 seconds for an adapter that does not close [security 22]", async () => {
  const clock = stopClock();
  const { io, httpServer } = await startServer();
  io.sockets.adapter.close = () => new Promise(() => {});
  let isClosed = false;
  const closing = io.close().then(() => {
    isClosed = true;
  });
  clock.tick(29_999);
  await turn();
  expect(isClosed).to.be(false);
  clock.tick(1);
  await closing;
  expect(httpServer.listening).to.be(false);
  io.sockets.adapter.close = () => {};
});

describe("after io.close()", () => {
  it("the HTTP server can listen again, with the server attached [90]", async () => {
    const { io, httpServer } = await startServer();
    await io.close();
    httpServer.listen(0);
    const client = connectClient(await addressOf(io), { transports: ["websocket"] });
    await nextEvent(client, "connect");
    client.emit("hello");
  });

  it("the server can be attached to another HTTP server [90]", async () => {
    const { io } = await startServer();
    await io.close();
    const httpServer = createServer();
    const { pair } = await listen(io.attach(httpServer), httpServer);
    const { client, socket } = await pair();
    const got = nextEvent(socket, "hello");
    client.emit("hello", 1);
    expect(await got).to.eql([1]);
  });
});
