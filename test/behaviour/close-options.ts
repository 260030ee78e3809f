import { createServer } from "node:http";
import { Server as Engine } from "engine.io";
import expect from "expect.js";
import { ask, askHandshake } from "../support/http";
import { joinPolling, joinWire } from "../support/joined";
import { ownSuite } from "../support/own-tests";
import { listen, startServer } from "../support/server";
import { Server } from "../support/subject";
import { eventually, nextEvent } from "../support/waiting";
import { connectWire, openWire } from "../support/wire";

ownSuite("io.close({ closeHttpServer: false })", () => {
  it("disconnects all clients, and does not close the HTTP server", async () => {
    const httpServer = createServer((_req, res) => res.end("other"));
    const { io, url, ...running } = await listen(new Server(httpServer), httpServer);
    const { wire, socket } = await joinWire({ io, url, ...running });
    const left = nextEvent(socket, "disconnect");
    const report = await io.close({ closeHttpServer: false });
    expect(report).to.eql({ disconnected: 1, cut: 0, pendingAcks: 0, destroyed: 0, adapters: [] });
    expect((await left)[0]).to.be("server shutting down");
    await wire.closed;
    expect(httpServer.listening).to.be(true);
    expect((await ask(`${url}/other`)).text).to.be("other");
  });

  it("answers a pending poll, and closes the session", async () => {
    const running = await startServer();
    const { polling, socket } = await joinPolling(running);
    const polled = polling.poll();
    await eventually(() => socket.conn.transport.writable);
    await running.io.close({ closeHttpServer: false });
    expect(await polled).to.eql(["1"]);
    expect(running.io.engine.clientsCount).to.be(0);
  });

  it("refuses new connections of an engine that was bound", async () => {
    const httpServer = createServer();
    const engine = new Engine();
    engine.attach(httpServer, { path: "/socket.io/" });
    const io = new Server();
    io.bind(engine);
    const { url } = await listen(io, httpServer);
    await io.close({ closeHttpServer: false });
    expect((await askHandshake(url)).status).to.be(403);
  });

  it("with drain can be called again after a bound engine has thrown", async () => {
    const { io } = await startServer();
    const engine = new Engine();
    let calls = 0;
    io.bind({
      on: engine.on.bind(engine),
      close() {
        if (++calls === 1) {
          throw new Error("no");
        }
      },
    } as any);
    const options = { drain: { timeoutMs: 1_000 } };
    const outcome = await io.close(options).catch((error: Error) => error.message);
    expect(outcome).to.be("no");
    expect(await io.close(options)).to.have.property("destroyed", 0);
  });

  it("closes new connections of a bound engine that has no options", async () => {
    const httpServer = createServer();
    const engine = new Engine();
    engine.attach(httpServer, { path: "/socket.io/" });
    const io = new Server();
    io.bind({ on: engine.on.bind(engine), close: () => {} } as any);
    const { url } = await listen(io, httpServer);
    await io.close({ closeHttpServer: false });
    const wire = await connectWire(url);
    await wire.closed;
    engine.close();
  });

  it("does not prevent attaching the server again", async () => {
    const { io } = await startServer({ allowRequest: (_req, answer) => answer(null, true) });
    await io.close({ closeHttpServer: false });
    const other = createServer();
    const { url } = await listen(io.attach(other), other);
    await (await openWire(url)).join();
  });
});

ownSuite("io.close({})", () => {
  it("closes the HTTP server too, and reports the connections", async () => {
    const running = await startServer();
    const one = await joinWire(running);
    const two = await joinWire(running);
    await two.wire.join("/other");
    running.io.of("/other");
    one.socket.emit("question", () => {});
    one.socket.emit("question", () => {});
    expect(await running.io.close({})).to.eql({
      disconnected: 2,
      cut: 1,
      pendingAcks: 2,
      destroyed: 0,
      adapters: [],
    });
    expect(running.httpServer.listening).to.be(false);
  });

  it("allows the HTTP server to listen again, with the server attached", async () => {
    const running = await startServer({ allowRequest: (_req, answer) => answer(null, true) });
    const { allowRequest } = running.io.engine.opts;
    await running.io.close({});
    await running.io.close({ drain: true });
    expect(running.io.engine.opts.allowRequest).to.be(allowRequest);
    const again = await listen(running.io, running.httpServer);
    await joinWire(again);
  });

  it("allows this also if the HTTP server was closed later by the application", async () => {
    const running = await startServer();
    await running.io.close({ closeHttpServer: false });
    await running.io.close();
    await joinWire(await listen(running.io, running.httpServer));
  });

  it("resolves for a server that was never attached, or is closed already", async () => {
    const nothing = { disconnected: 0, cut: 0, pendingAcks: 0, destroyed: 0, adapters: [] };
    expect(await new Server().close({ drain: true })).to.eql(nothing);
    expect(await new Server().close({ closeHttpServer: false })).to.eql(nothing);
    const { io } = await startServer();
    await io.close();
    expect(await io.close({ drain: { timeoutMs: 60_000 } })).to.eql(nothing);
  });

  for (const [options, message] of [
    [{ closeHttpServer: "no" }, '"close.closeHttpServer" must be true or false, got "no"'],
    [{ drain: 5 }, '"close.drain" must be an object such as { timeoutMs: 10000 }, got 5'],
    [{ drain: { batchSize: 0 } }, '"close.drain.batchSize" must be a whole number of at least 1, got 0'],
    [{ drain: { batchSize: 1.5 } }, '"close.drain.batchSize" must be a whole number of at least 1, got 1.5'],
    [{ drain: { intervalMs: -1 } }, '"close.drain.intervalMs" must be a number of milliseconds, got -1'],
    [
      { drain: { timeoutMs: "soon" } },
      '"close.drain.timeoutMs" must be a number of milliseconds, got "soon"',
    ],
    [{ drains: true }, 'There is no option "close.drains": did you mean "close.drain"?'],
    [{ wait: true }, 'There is no option "close.wait": choose from closeHttpServer, drain'],
    [[], '"close" must be an object such as { drain: true }, got an array'],
    [5, '"close" must be an object such as { drain: true }, got 5'],
    ["x", '"close" must be an object such as { drain: true }, got "x"'],
    [true, '"close" must be an object such as { drain: true }, got true'],
  ] as const) {
    it(`rejects ${JSON.stringify(options)}, and closes nothing`, async () => {
      const running = await startServer();
      const joined = await joinWire(running);
      const error: any = await running.io.close(options as any).catch((reason: unknown) => reason);
      expect(error.code).to.be("INVALID_OPTION");
      expect(error.message).to.be(message);
      expect(joined.socket.connected).to.be(true);
      expect(running.httpServer.listening).to.be(true);
    });
  }
});

describe("io.close() with a falsy value", () => {
  for (const value of [false, 0, "", null, undefined]) {
    it(`closes the server, as without an argument: ${JSON.stringify(value)}`, async () => {
      const { io, httpServer } = await startServer();
      expect(await io.close(value as any)).to.be(undefined);
      expect(httpServer.listening).to.be(false);
    });
  }
});

ownSuite("await using", () => {
  it("closes the server at the end of the block", async () => {
    const httpServer = createServer();
    {
      await using io = new Server(httpServer);
      await listen(io, httpServer);
      expect(httpServer.listening).to.be(true);
    }
    expect(httpServer.listening).to.be(false);
  });
});
