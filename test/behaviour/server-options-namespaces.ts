import expect from "expect.js";
import type { ServerOptions } from "../../lib";
import { type ClientSocket, startServer } from "../support/server";
import { Server } from "../support/subject";
import { eventually, nextEvent, nextValue } from "../support/waiting";
import { openWire } from "../support/wire";

/** A server with a dynamic namespace; `made` lists the names of the namespaces that are created. */
async function startDynamic(options?: Partial<ServerOptions>) {
  const running = await startServer(options);
  const made: string[] = [];
  running.io.on("new_namespace", (nsp) => made.push(nsp.name));
  const parent = running.io.of(/^\/dynamic-\d+$/);
  return { ...running, parent, made };
}

/** Disconnects, and waits until the server has noticed. */
async function leave({ client, socket }: { client: ClientSocket; socket: any }): Promise<void> {
  const left = nextEvent(socket, "disconnect");
  client.disconnect();
  await left;
}

describe("an empty child namespace", () => {
  it("is kept by default [24]", async () => {
    const { io, made, pair } = await startDynamic();
    await leave(await pair("/dynamic-1"));
    expect(io._nsps.has("/dynamic-1")).to.be(true);
    await pair("/dynamic-1");
    expect(made).to.eql(["/dynamic-1"]);
  });

  it("is removed with cleanupEmptyChildNamespaces, and created again on demand [24]", async () => {
    const { io, made, pair } = await startDynamic({ cleanupEmptyChildNamespaces: true });
    await leave(await pair("/dynamic-1"));
    expect(io._nsps.has("/dynamic-1")).to.be(false);
    await pair("/dynamic-1");
    expect(io._nsps.has("/dynamic-1")).to.be(true);
    expect(made).to.eql(["/dynamic-1", "/dynamic-1"]);
  });

  it("is removed from its parent too, and its adapter is closed [24]", async () => {
    const { io, parent, pair } = await startDynamic({ cleanupEmptyChildNamespaces: true });
    const member = await pair("/dynamic-1");
    const child = io.of("/dynamic-1");
    expect([...(parent as any).children]).to.eql([child]);
    let closed = 0;
    child.adapter.close = () => {
      closed++;
    };
    await leave(member);
    await eventually(() => closed > 0);
    expect(closed).to.be(1);
    expect((parent as any).children.size).to.be(0);
  });

  it("is not removed while a client is connected [24]", async () => {
    const { io, made, pair } = await startDynamic({ cleanupEmptyChildNamespaces: true });
    const first = await pair("/dynamic-1");
    const { client } = await pair("/dynamic-1");
    await leave(first);
    expect(io._nsps.has("/dynamic-1")).to.be(true);
    io.of("/dynamic-1").emit("hello", 1);
    expect(await nextValue(client, "hello")).to.be(1);
    expect(made).to.eql(["/dynamic-1"]);
  });

  it("is removed when its only client is refused [24]", async () => {
    const { io, parent, connect } = await startDynamic({ cleanupEmptyChildNamespaces: true });
    parent.use((_socket, next) => next(new Error("no")));
    const client = connect("/dynamic-1");
    expect((await nextValue(client, "connect_error")).message).to.be("no");
    expect(io._nsps.has("/dynamic-1")).to.be(false);
  });

  it("is removed when the server disconnects the client [24]", async () => {
    const { io, pair } = await startDynamic({ cleanupEmptyChildNamespaces: true });
    const { client, socket } = await pair("/dynamic-1");
    const left = nextEvent(client, "disconnect");
    socket.disconnect();
    await left;
    expect(io._nsps.has("/dynamic-1")).to.be(false);
  });

  it("has the handlers of its parent when it is created again [24]", async () => {
    const { parent, pair } = await startDynamic({ cleanupEmptyChildNamespaces: true });
    const seen: string[] = [];
    parent.on("connection", (socket) => seen.push(socket.nsp.name));
    await leave(await pair("/dynamic-1"));
    await pair("/dynamic-1");
    expect(seen).to.eql(["/dynamic-1", "/dynamic-1"]);
  });

  it("is kept if the application created it by name [24]", async () => {
    const { io, pair } = await startDynamic({ cleanupEmptyChildNamespaces: true });
    const chat = io.of("/chat");
    await leave(await pair("/chat"));
    await leave(await pair("/"));
    expect(io.of("/chat")).to.be(chat);
    await pair("/chat");
  });
});

describe("connectionStateRecovery", () => {
  /** Joins, receives one event, loses the connection and reconnects. */
  async function comeBack(options: Partial<ServerOptions>, wait?: () => Promise<void>) {
    const { io, pair } = await startServer(options);
    let runs = 0;
    io.use((_socket, next) => {
      runs++;
      next();
    });
    const { client, socket } = await pair("/", { reconnectionDelay: 1, transports: ["websocket"] });
    socket.emit("hello");
    await nextEvent(client, "hello");
    const lost = nextEvent(socket, "disconnect");
    client.io.reconnection(false);
    client.io.engine.close();
    await lost;
    await wait?.();
    client.connect();
    await nextEvent(client, "connect");
    return { recovered: Boolean(client.recovered), runs };
  }

  it("is disabled by default [23]", async () => {
    const running = await startServer();
    const wire = await openWire(running.url);
    expect(await wire.join()).to.match(/^40\{"sid":"[\w-]{20}"\}$/);
    expect(running.io.opts.connectionStateRecovery).to.be(undefined);
    expect((await comeBack({})).recovered).to.be(false);
  });

  it("sends clients a private id in addition to the public one [23]", async () => {
    const wire = await openWire((await startServer({ connectionStateRecovery: {} })).url);
    expect(await wire.join()).to.match(/^40\{"sid":"[\w-]{20}","pid":"[\w-]{20}"\}$/);
  });

  it("has defaults: two minutes, and skipped middleware [23]", () => {
    const settingsOf = (connectionStateRecovery: ServerOptions["connectionStateRecovery"]) =>
      new Server({ connectionStateRecovery }).opts.connectionStateRecovery;
    expect(settingsOf({})).to.eql({ maxDisconnectionDuration: 120000, skipMiddlewares: true });
    expect(settingsOf({ maxDisconnectionDuration: 5 })).to.eql({
      maxDisconnectionDuration: 5,
      skipMiddlewares: true,
    });
    expect(settingsOf({ skipMiddlewares: false })).to.eql({
      maxDisconnectionDuration: 120000,
      skipMiddlewares: false,
    });
  });

  it("uses an adapter that keeps sessions, unless an adapter is given [22, 23]", () => {
    expect(new Server({ connectionStateRecovery: {} }).adapter()?.name).to.be("SessionAwareAdapter");
    const Plain = new Server().adapter();
    const given = new Server({ connectionStateRecovery: {}, adapter: Plain });
    expect(given.adapter()).to.be(Plain);
    expect(Plain?.name).to.be("Adapter");
  });

  it("skips the middleware for recovered clients [23]", async () => {
    expect(await comeBack({ connectionStateRecovery: {} })).to.eql({ recovered: true, runs: 1 });
  });

  it("runs the middleware with skipMiddlewares: false [23]", async () => {
    const options = { connectionStateRecovery: { skipMiddlewares: false } };
    expect(await comeBack(options)).to.eql({ recovered: true, runs: 2 });
  });

  it("does not recover a client after more than maxDisconnectionDuration [23]", async () => {
    const options = { connectionStateRecovery: { maxDisconnectionDuration: 1 } };
    const afterwards = () => {
      const lost = Date.now();
      return eventually(() => Date.now() > lost + 2);
    };
    expect(await comeBack(options, afterwards)).to.eql({ recovered: false, runs: 2 });
  });
});
