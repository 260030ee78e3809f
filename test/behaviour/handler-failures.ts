import { EventEmitter } from "node:events";
import expect from "expect.js";
import { onTestEnd } from "../support/cleanup";
import { startGuarded } from "../support/handler-errors";
import { heard, joinPolling, joinWire } from "../support/joined";
import { ownSuite } from "../support/own-tests";
import { startServer } from "../support/server";
import { uncaught, unhandled } from "../support/uncaught";
import { eventually, nextEvent } from "../support/waiting";
import { openWire } from "../support/wire";

// the reference server exits, sends the error to clients, or keeps the connection

/** The error with which an asynchronous handler rejects; no part of it may reach a client. */
const failure = () => Object.assign(new Error("from the handler"), { secret: "password" });

ownSuite("a socket without any listeners", () => {
  for (const [what, packet] of [
    ["an unreadable packet", "4abc"],
    ["an event named error", '42["error","from the client"]'],
  ]) {
    it(`receives ${what}: the process continues [52]`, async () => {
      const running = await startServer();
      const honest = await joinWire(running);
      const { wire, socket } = await joinWire(running);
      socket.removeAllListeners();
      const mark = nextEvent(socket, "mark");
      wire.send(packet, '42["mark"]');
      await Promise.race([mark, wire.closed]);
      await heard(honest);
    });
  }

  it("receives the error of a packet middleware [48, 52]", async () => {
    const joined = await joinWire(await startServer());
    joined.socket.removeAllListeners();
    joined.socket.use(([event], next) => next(event === "mark" ? undefined : new Error("no")));
    joined.wire.send('42["hello"]');
    await heard(joined);
  });
});

ownSuite("with captureRejections, an asynchronous handler that rejects", () => {
  beforeEach(() => {
    EventEmitter.captureRejections = true;
    onTestEnd(() => {
      EventEmitter.captureRejections = false;
    });
  });

  it("of an event: the error is an unhandled rejection, and the client receives nothing [52]", async () => {
    const joined = await joinWire(await startServer());
    const { wire, socket } = joined;
    const error = failure();
    socket.on("hello", async () => {
      throw error;
    });
    expect(await unhandled(() => wire.send('42["hello"]'))).to.be(error);
    await heard(joined);
    socket.emit("last");
    expect(await wire.next()).to.be('42["last"]');
  });

  it("of an event: the error listeners of the socket receive the error if there are any [52]", async () => {
    const joined = await joinWire(await startServer());
    const { wire, socket } = joined;
    const error = failure();
    const told = nextEvent(socket, "error");
    socket.on("hello", async () => {
      throw error;
    });
    wire.send('42["hello"]');
    expect(await told).to.eql([error]);
    socket.emit("last");
    expect(await wire.next()).to.be('42["last"]');
  });

  it("of an error: its error is an unhandled rejection [52]", async () => {
    const { wire, socket } = await joinWire(await startServer());
    const error = failure();
    socket.on("error", async () => {
      throw error;
    });
    expect(await unhandled(() => wire.send('42["error"]'))).to.be(error);
  });

  for (const where of ["server", "namespace"] as const) {
    it(`of "connection" of a ${where}: no client receives anything [50]`, async () => {
      const running = await startServer();
      const { io, url } = running;
      const chat = where === "server" ? io : io.of("/chat");
      const name = where === "server" ? "/" : "/chat";
      const { wire } = await joinWire(running, name);
      const error = failure();
      chat.on("connection", async () => {
        throw error;
      });
      const other = await openWire(url);
      expect(await unhandled(() => other.join(name))).to.be(error);
      chat.emit("last");
      expect(await wire.next()).to.be(`42${name === "/" ? "" : "/chat,"}["last"]`);
    });
  }

  it("of an event is passed to onHandlerError if that is set", async () => {
    const running = await startGuarded();
    const joined = await joinWire(running);
    const error = failure();
    joined.socket.on("hello", async () => {
      throw error;
    });
    joined.wire.send('42["hello"]');
    expect((await running.errors(1)).map((told) => told.error)).to.eql([error]);
    joined.socket.emit("last");
    expect(await joined.wire.next()).to.be('42["last"]');
  });
});

ownSuite('a handler of "disconnecting" that throws', () => {
  for (const transport of ["websocket", "polling"] as const) {
    it(`does not prevent disconnect(true) from closing the connection over ${transport} [62]`, async () => {
      const running = await startServer();
      const { io } = running;
      const { socket } = await (transport === "polling" ? joinPolling(running) : joinWire(running));
      const left = nextEvent(socket.conn, "close");
      socket.on("disconnecting", () => {
        throw new Error("from the handler");
      });
      const disconnected = nextEvent(socket, "disconnect");
      expect(() => socket.disconnect(true)).to.throwException(/from the handler/);
      await disconnected;
      if (transport === "websocket") {
        await left;
      }
      expect(socket.conn.readyState).not.to.be("open");
      expect(io.sockets.sockets.size).to.be(0);
    });
  }

  it("does not prevent the disconnection of other sockets of the connection [62]", async () => {
    const running = await startServer();
    const { wire, socket } = await joinWire(running);
    running.io.of("/chat");
    await wire.join("/chat");
    const [chat] = running.io.of("/chat").sockets.values();
    socket.on("disconnecting", () => {
      throw new Error("from the handler");
    });
    const disconnected = nextEvent(chat, "disconnect");
    expect(() => socket.disconnect(true)).to.throwException(/from the handler/);
    expect((await disconnected)[0]).to.be("server namespace disconnect");
    await wire.closed;
  });

  it("does not prevent disconnectSockets() from disconnecting other sockets [65]", async () => {
    const running = await startServer();
    const all = [await joinWire(running), await joinWire(running), await joinWire(running)];
    all[0].socket.on("disconnecting", () => {
      throw new Error("from the handler");
    });
    expect(() => running.io.disconnectSockets(true)).to.throwException(/from the handler/);
    await Promise.all(all.map(({ wire }) => wire.closed));
    await eventually(() => running.io.engine.clientsCount === 0);
  });

  it('of "error" instead does not prevent an unreadable packet from closing the connection [52]', async () => {
    const { wire, socket } = await joinWire(await startServer());
    socket.on("error", () => {
      throw new Error("from the error listener");
    });
    const error = (await uncaught(() => wire.send("4abc"))) as Error;
    expect(error.message).to.be("from the error listener");
    await wire.closed;
  });
});
