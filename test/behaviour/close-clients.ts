import expect from "expect.js";
import { startServer } from "../support/server";
import { eventually, nextEvent, nextValue, turn } from "../support/waiting";
import { openPolling, openWire } from "../support/wire";

const once = { reconnection: false };

describe("io.close() and its sockets", () => {
  for (const transport of ["polling", "websocket"] as const) {
    it(`disconnects them at once over ${transport}: "server shutting down" [53, 90]`, async () => {
      const { io, pair } = await startServer();
      const { socket } = await pair("/", { ...once, transports: [transport] });
      socket.join("room");
      const seen: unknown[] = [];
      socket.on("disconnecting", (reason: string, description: unknown) => {
        seen.push(["disconnecting", reason, description, [...socket.rooms]]);
      });
      socket.on("disconnect", (reason: string, description: unknown) => {
        seen.push(["disconnect", reason, description, [...socket.rooms]]);
      });
      const closing = io.close();
      expect(seen).to.eql([
        ["disconnecting", "server shutting down", undefined, [socket.id, "room"]],
        ["disconnect", "server shutting down", undefined, []],
      ]);
      expect(socket.connected).to.be(false);
      expect(io.sockets.sockets.size).to.be(0);
      await closing;
      expect(io.engine.clientsCount).to.be(0);
      expect(seen.length).to.be(2);
    });
  }

  it("disconnects those of all namespaces, including dynamic namespaces [90]", async () => {
    const { io, pair } = await startServer();
    io.of(/^\/dynamic-\d+$/);
    const reasons: unknown[] = [];
    for (const namespace of ["/", "/chat", "/dynamic-1"]) {
      const { socket } = await pair(namespace, once);
      socket.on("disconnect", (reason: string) => reasons.push([namespace, reason]));
    }
    await io.close();
    expect(reasons).to.eql([
      ["/", "server shutting down"],
      ["/chat", "server shutting down"],
      ["/dynamic-1", "server shutting down"],
    ]);
  });

  it("disconnects each socket of a client [90]", async () => {
    const { io, pair } = await startServer();
    const { client, socket } = await pair("/", { ...once, forceNew: true });
    const joined = nextValue(io.of("/chat"), "connection");
    client.io.socket("/chat");
    const inChat = await joined;
    expect(inChat.conn).to.be(socket.conn);
    const left = [nextEvent(socket, "disconnect"), nextEvent(inChat, "disconnect")];
    await io.close();
    expect((await Promise.all(left)).map(([reason]) => reason)).to.eql([
      "server shutting down",
      "server shutting down",
    ]);
  });
});

describe("io.close() and its clients", () => {
  it("clients see a closed transport and code 1005, and receive no DISCONNECT packet [90, 91]", async () => {
    const { io, pair } = await startServer();
    const { client } = await pair("/", { ...once, transports: ["websocket"] });
    const left = nextEvent(client, "disconnect");
    io.close();
    const [reason, details] = await left;
    expect(reason).to.be("transport close");
    expect(details.context.code).to.be(1005);
  });

  it("a WebSocket receives a close frame without a code, and nothing else [91]", async () => {
    const running = await startServer();
    const wire = await openWire(running.url);
    await wire.join();
    running.io.close();
    expect(await wire.closeFrame).to.eql({ code: 1005, reason: "" });
    expect(wire.seen.length).to.be(2);
  });

  it("a pending poll is answered with a close packet [90]", async () => {
    const { io, url } = await startServer();
    const connected = nextValue(io, "connection");
    const polling = await openPolling(url);
    await polling.join();
    const { conn } = await connected;
    const polled = polling.get();
    await eventually(() => conn.transport.writable);
    await io.close();
    const { status, text } = await polled;
    expect([status, text]).to.eql([200, "1"]);
  });

  it("a polling client without a pending poll is closed too [90]", async () => {
    const { io, url } = await startServer();
    const polling = await openPolling(url);
    await polling.join();
    await io.close();
    expect(io.engine.clientsCount).to.be(0);
  });

  it("a client that has not joined a namespace is closed too [90]", async () => {
    const running = await startServer();
    const wire = await openWire(running.url);
    await running.io.close();
    expect(await wire.closeFrame).to.eql({ code: 1005, reason: "" });
    expect(wire.seen.length).to.be(1);
  });

  it("a client that a middleware is still processing is closed too, and does not join later [49, 90]", async () => {
    const running = await startServer();
    running.io.on("connection", () => {
      throw new Error("the server is closed");
    });
    const waiting = new Promise<() => void>((resolve) => {
      running.io.use((_socket, next) => resolve(next));
    });
    const wire = await openWire(running.url);
    wire.send("40");
    const next = await waiting;
    await running.io.close();
    expect(await wire.closeFrame).to.eql({ code: 1005, reason: "" });
    next();
    expect(running.io.sockets.sockets.size).to.be(0);
    expect(wire.seen.length).to.be(1);
  });
});

describe("events before io.close()", () => {
  const three = ['42["hello",0]', '42["hello",1]', '42["hello",2]'];

  it("three events of one handler arrive over WebSocket [91]", async () => {
    const running = await startServer();
    running.io.on("connection", (socket) => {
      socket.on("go", () => {
        for (let i = 0; i < 3; i++) {
          socket.emit("hello", i);
        }
        running.io.close();
      });
    });
    const wire = await openWire(running.url);
    await wire.join();
    wire.send('42["go"]');
    expect(await wire.closeFrame).to.eql({ code: 1005, reason: "" });
    expect(wire.seen.slice(2)).to.eql(three);
  });

  for (const [what, emit] of Object.entries({
    "events of a socket": (running: any, i: number) =>
      [...running.io.sockets.sockets.values()][0].emit("hello", i),
    "events to all": (running: any, i: number) => running.io.emit("hello", i),
  })) {
    it(`three ${what} arrive over WebSocket if they were emitted in an earlier turn of the event loop [91]`, async () => {
      const running = await startServer();
      const wire = await openWire(running.url);
      await wire.join();
      for (let i = 0; i < 3; i++) {
        emit(running, i);
      }
      await turn();
      running.io.close();
      expect(await wire.closeFrame).to.eql({ code: 1005, reason: "" });
      expect(wire.seen.slice(2)).to.eql(three);
    });
  }

  it("one event arrives over a pending poll [90]", async () => {
    const { io, url } = await startServer();
    const connected = nextValue(io, "connection");
    const polling = await openPolling(url);
    await polling.join();
    const socket = await connected;
    const polled = polling.get();
    await eventually(() => socket.conn.transport.writable);
    socket.emit("hello", 0);
    io.close();
    expect((await polled).text).to.be(three[0]);
  });

  it("events that are emitted afterwards are dropped, without an error [90]", async () => {
    const running = await startServer();
    const connected = nextValue(running.io, "connection");
    const wire = await openWire(running.url);
    await wire.join();
    const socket = await connected;
    await running.io.close();
    socket.emit("hello", 0);
    running.io.emit("hello", 1);
    await wire.closed;
    expect(wire.seen.length).to.be(2);
  });
});

describe("when the application closes its HTTP server itself", () => {
  it("the connections are closed [90]", async () => {
    const { io, httpServer, url } = await startServer();
    const connected = nextValue(io, "connection");
    const polling = await openPolling(url);
    await polling.join();
    const left = nextEvent(await connected, "disconnect");
    httpServer.close();
    httpServer.closeAllConnections();
    expect((await left)[0]).to.be("forced close");
    expect(io.engine.clientsCount).to.be(0);
  });
});
