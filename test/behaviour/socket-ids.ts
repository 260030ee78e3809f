import expect from "expect.js";
import { heard, type Joined, joinWire } from "../support/joined";
import { ownSuite } from "../support/own-tests";
import { openRaw, processed } from "../support/raw-connection";
import { startServer } from "../support/server";
import type { SocketType } from "../support/subject";
import { eventually, nextEvent } from "../support/waiting";
import { openWire } from "../support/wire";

// the reference server keeps the data that it stored under the first id

const setId = (socket: SocketType, id: string) => {
  (socket as { id: string }).id = id;
};

async function startDynamic() {
  const running = await startServer({ cleanupEmptyChildNamespaces: true });
  const parent = running.io.of(/^\/dyn$/);
  return { ...running, parent };
}

ownSuite("a socket id that the application sets", () => {
  it("in the connection handler does not make broadcasts of the socket reach itself [27, 64]", async () => {
    const running = await startServer();
    const { wire, socket } = await joinWire(running);
    setId(socket, "mine");
    socket.join("r");
    socket.broadcast.emit("others");
    socket.to("r").emit("others");
    socket.to(["r", "q"]).emit("others");
    running.io.except("mine").emit("all");
    expect(await wire.next()).to.be('42["all"]');
  });

  it("in a middleware, of a socket that is still connected: broadcasts reach the newer socket [27, 64]", async () => {
    const running = await startServer();
    const joined: Joined[] = [];
    for (let i = 0; i < 8; i++) {
      joined.push(await joinWire(running));
    }
    running.io.emit("before");
    running.io.use((socket, next) => {
      setId(socket, joined[3].socket.id);
      next();
    });
    const newer = await openWire(running.url);
    await newer.join();
    running.io.emit("after");
    expect(await newer.next()).to.be('42["after"]');
    running.io.to(joined[3].socket.id).emit("to one");
    expect(await newer.next()).to.be('42["to one"]');
  });

  it("in a middleware is the id of the socket, and no data of the first id is kept [27, 49]", async () => {
    const { io, url, parent } = await startDynamic();
    parent.use((socket, next) => {
      socket.join("before");
      setId(socket, "mine");
      socket.join("after");
      next();
    });
    const wire = await openWire(url);
    expect(await wire.join("/dyn")).to.be('40/dyn,{"sid":"mine"}');
    const nsp = io.of("/dyn");
    expect(nsp._preConnectSockets.size).to.be(0);
    expect([...nsp.sockets.keys()]).to.eql(["mine"]);
    expect([...nsp.adapter.sids.keys()]).to.eql(["mine"]);
    expect([...nsp.adapter.rooms.keys()].sort()).to.eql(["after", "before", "mine"]);
    nsp.to("before").emit("hello");
    expect(await wire.next()).to.be('42/dyn,["hello"]');
    wire.send("41/dyn,");
    await eventually(() => !io._nsps.has("/dyn"));
    expect(nsp.sockets.size + nsp.adapter.sids.size + nsp.adapter.rooms.size).to.be(0);
  });

  it("in a middleware that refuses leaves nothing behind [27, 47]", async () => {
    const { io, url, parent } = await startDynamic();
    parent.use((socket, next) => {
      socket.join("before");
      setId(socket, "mine");
      socket.join("after");
      next(new Error("no"));
    });
    const wire = await openWire(url);
    let nsp = io.of("/");
    io.on("new_namespace", (made) => {
      nsp = made;
    });
    expect(await wire.join("/dyn")).to.be('44/dyn,{"message":"no"}');
    expect(nsp.name).to.be("/dyn");
    expect(io._nsps.has("/dyn")).to.be(false);
    expect(nsp._preConnectSockets.size + nsp.adapter.sids.size + nsp.adapter.rooms.size).to.be(0);
  });

  it("in the connection handler leaves nothing behind, and its rooms work [27, 62]", async () => {
    const { io, url, parent } = await startDynamic();
    parent.on("connection", (socket) => {
      setId(socket, "mine");
      socket.join("mine");
    });
    const wire = await openWire(url);
    await wire.join("/dyn");
    const nsp = io.of("/dyn");
    const [socket] = nsp.sockets.values();
    expect(socket.id).to.be("mine");
    expect(socket.rooms.has("mine")).to.be(true);
    nsp.to("mine").emit("hello");
    expect(await wire.next()).to.be('42/dyn,["hello"]');
    wire.ws.close();
    await eventually(() => !io._nsps.has("/dyn"));
    expect(nsp.sockets.size + nsp.adapter.sids.size + nsp.adapter.rooms.size).to.be(0);
  });

  it("and that two sockets have is removed with the second socket [27, 62]", async () => {
    const running = await startServer();
    const { io } = running;
    io.use((socket, next) => {
      setId(socket, "same");
      next();
    });
    const first = await joinWire(running);
    const second = await joinWire(running);
    const left = nextEvent(first.socket, "disconnect");
    first.wire.ws.close();
    await eventually(() => io.engine.clientsCount === 1);
    void left;
    await heard(second);
    io.to("same").emit("hello");
    expect(await second.wire.next()).to.be('42["hello"]');
    second.wire.ws.close();
    await eventually(() => io.engine.clientsCount === 0);
    expect(io.sockets.sockets.size + io.sockets.adapter.sids.size + io.sockets.adapter.rooms.size).to.be(0);
  });
});

ownSuite("a function for namespaces that calls back several times", () => {
  it("accepts the client once [43]", async () => {
    const running = await startServer({ cleanupEmptyChildNamespaces: true });
    const { io } = running;
    let connections = 0;
    io.of((_name, _auth, answer) => {
      answer(null, true);
      answer(null, true);
      answer(null, false);
      answer(null, true);
    }).on("connection", () => connections++);
    const raw = await openRaw(running, "websocket");
    await raw.send("40/a,");
    expect(await raw.next()).to.match(/^40\/a,/);
    expect(await processed(io, raw)).to.eql([]);
    const nsp = io.of("/a");
    expect(connections).to.be(1);
    expect(nsp.sockets.size).to.be(1);
    await raw.send("41/a,");
    await eventually(() => !io._nsps.has("/a"));
    expect(nsp.adapter.sids.size).to.be(0);
  });
});

ownSuite("two regular expressions with the same text", () => {
  it("are one dynamic namespace; with other flags, they are two [43]", async () => {
    const running = await startServer();
    const { io, url } = running;
    const seen: string[] = [];
    expect(io.of(/^\/dyn-\d$/)).to.be(io.of(/^\/dyn-\d$/));
    expect(io.of(/^\/dyn-\d$/)).not.to.be(io.of(/^\/dyn-\d$/i));
    io.of(/^\/dyn-\d$/).use((_socket, next) => {
      seen.push("middleware");
      next();
    });
    io.of(/^\/dyn-\d$/).on("connection", () => seen.push("connection"));
    await (await openWire(url)).join("/dyn-1");
    expect(seen).to.eql(["middleware", "connection"]);
  });
});

ownSuite("a socket that was not asked for an acknowledgement", () => {
  it("has no list of acknowledgements after a broadcast to another socket has timed out [56]", async () => {
    const running = await startServer();
    const { io } = running;
    const asked = await joinWire(running);
    const others = [await joinWire(running), await joinWire(running)];
    const error = await io
      .to(asked.socket.id)
      .timeout(10)
      .emitWithAck("question")
      .then(
        () => undefined,
        (failure) => failure,
      );
    expect(error.responses).to.eql([]);
    expect(asked.socket.expectedAcks?.size).to.be(0);
    for (const { socket } of others) {
      expect(socket.expectedAcks).to.be(undefined);
    }
  });

  it("has no list of acknowledgements because of a limit on events [security 4]", async () => {
    const running = await startServer({ limits: { eventsPerSecond: 1_000 } });
    const joined = await joinWire(running);
    await heard(joined);
    expect(joined.socket.expectedAcks).to.be(undefined);
  });
});
