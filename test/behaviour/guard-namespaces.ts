import expect from "expect.js";
import { guardMessages } from "../support/guard-messages";
import { joinMore, joinWire } from "../support/joined";
import { ownSuite } from "../support/own-tests";
import { startServer } from "../support/server";
import { Server } from "../support/subject";
import { eventually, nextEvent, nextValue } from "../support/waiting";
import { openWire } from "../support/wire";

const TOO_MANY = '{"message":"There are too many namespaces","data":{"code":"NAMESPACE_LIMIT"}}';

ownSuite("limits.namespacesPerClient", () => {
  it('refuses an additional namespace of a client, "/" included, and does not affect the others [security 4]', async () => {
    const running = await startServer({ limits: { namespacesPerClient: 3 } });
    const { io, url } = running;
    const told = guardMessages(io);
    for (const name of ["/a", "/b", "/c"]) {
      io.of(name);
    }
    const { wire, socket } = await joinWire(running);
    await joinMore(io, wire, "/a");
    const b = await joinMore(io, wire, "/b");
    expect(await wire.join("/c")).to.be(`44/c,${TOO_MANY}`);
    expect(told.map(({ code, conn, detail }) => [code, conn, detail])).to.eql([
      ["NAMESPACE_LIMIT", socket.conn, "/c"],
    ]);
    wire.send('42["hello"]');
    await nextEvent(socket, "hello");
    // another client has a separate limit
    expect(await (await openWire(url)).join("/c")).to.contain('"sid"');
    const left = nextEvent(b.socket, "disconnect");
    wire.send("41/b,");
    await left;
    expect(await wire.join("/c")).to.contain('"sid"');
  });

  it("counts namespaces whose middleware is pending [security 4]", async () => {
    const { io, url } = await startServer({ limits: { namespacesPerClient: 2 } });
    let asked = 0;
    io.of(/^\/slow-\d+$/).use(() => {
      asked++;
    });
    const wire = await openWire(url);
    wire.send("40/slow-1,", "40/slow-2,", "40/slow-3,");
    expect(await wire.next()).to.be(`44/slow-3,${TOO_MANY}`);
    expect(asked).to.be(2);
  });

  it("causes a connect_error with a code at the client [security 4]", async () => {
    const { connect, io } = await startServer({ limits: { namespacesPerClient: 1 } });
    io.of("/a");
    const client = connect();
    await nextEvent(client, "connect");
    const error = await nextValue(client.io.socket("/a").connect(), "connect_error");
    expect([error.message, error.data.code]).to.eql(["There are too many namespaces", "NAMESPACE_LIMIT"]);
    expect(client.connected).to.be(true);
  });
});

ownSuite("limits.childNamespaces", () => {
  it("withstands a client that requests one name after another [security 4]", async () => {
    const running = await startServer({ limits: { childNamespaces: 10 } });
    const { io } = running;
    const told = guardMessages(io);
    io.of(/^\/room-\d+$/);
    const { wire } = await joinWire(running);
    let refused = 0;
    for (let i = 0; i < 100; i++) {
      const answer = String(await wire.join(`/room-${i}`));
      refused += answer === `44/room-${i},${TOO_MANY}` ? 1 : 0;
    }
    expect(refused).to.be(90);
    expect(io._nsps.size).to.be(11);
    expect(told.length).to.be(90);
    const honest = await running.pair("/room-3");
    honest.client.emit("hello");
    await nextValue(honest.socket as any, "hello");
  });

  it("counts down when a namespace was cleaned up [security 4]", async () => {
    const running = await startServer({ limits: { childNamespaces: 1 }, cleanupEmptyChildNamespaces: true });
    const { io } = running;
    io.of((_name, _auth, next) => next(null, true));
    const { wire } = await joinWire(running);
    const { socket } = await joinMore(io, wire, "/a");
    expect(await wire.join("/b")).to.be(`44/b,${TOO_MANY}`);
    const left = nextEvent(socket, "disconnect");
    wire.send("41/a,");
    await left;
    expect(await wire.join("/b")).to.contain('"sid"');
  });

  it("allows two clients that request the same name at the same time [security 4]", async () => {
    const { io, url } = await startServer({ limits: { childNamespaces: 1 } });
    const allow: (() => void)[] = [];
    io.of((_name, _auth, next) => allow.push(() => next(null, true)));
    const wires = [await openWire(url), await openWire(url)];
    const answers = wires.map((wire) => wire.join("/a"));
    await eventually(() => allow.length === 2);
    for (const go of allow) {
      go();
    }
    for (const answer of await Promise.all(answers)) {
      expect(answer).to.contain('"sid"');
    }
  });

  it("applies to clients: the application can create more namespaces [security 4]", async () => {
    const { io } = await startServer({ limits: { childNamespaces: 1 } });
    io.of(/^\/room-\d+$/);
    expect([io.of("/room-1").name, io.of("/room-2").name]).to.eql(["/room-1", "/room-2"]);
  });
});

ownSuite("namespace.limits()", () => {
  it("sets the limits of one namespace, in place of those of the server [security 4, 18]", async () => {
    const { io, pair } = await startServer({ limits: { roomsPerSocket: 2 } });
    io.of("/lobby").limits({ roomsPerSocket: 3 });
    io.of("/all").limits({ roomsPerSocket: Number.POSITIVE_INFINITY });
    const [main, lobby, all] = [await pair(), await pair("/lobby"), await pair("/all")];
    for (const { socket } of [main, lobby, all]) {
      socket.join(["a", "b"]);
    }
    await nextEvent(main.client, "disconnect");
    expect([lobby.socket.rooms.size, all.socket.rooms.size]).to.eql([3, 3]);
    all.socket.join(Array.from({ length: 100 }, (_, i) => `room ${i}`));
    lobby.socket.join("c");
    await nextEvent(lobby.client, "disconnect");
    expect([all.socket.connected, all.socket.rooms.size]).to.eql([true, 103]);
  });

  it("on a dynamic namespace applies to its current and later namespaces [security 4]", async () => {
    const running = await startServer({ limits: { childNamespaces: 100 } });
    const { io } = running;
    const parent = io.of(/^\/game-\d+$/);
    const { wire } = await joinWire(running);
    const before = await joinMore(io, wire, "/game-1");
    parent.limits({ roomsPerSocket: 2, childNamespaces: 2 });
    const after = await joinMore(io, wire, "/game-2");
    expect(await wire.join("/game-3")).to.be(`44/game-3,${TOO_MANY}`);
    for (const { socket } of [before, after]) {
      const gone = nextEvent(socket, "disconnect");
      socket.join(["a", "b"]);
      expect((await gone)[1].code).to.be("ROOM_LIMIT");
    }
  });

  it("keeps earlier limits that the call does not mention [security 18]", () => {
    const nsp = new Server({ limits: { roomsPerSocket: 4 } }).of("/");
    expect(nsp.limits({ roomsPerSocket: 7 })).to.be(nsp);
    expect(nsp.limits({}).effectiveLimits.roomsPerSocket).to.be(7);
    expect(nsp.effectiveLimits.packetsPerPayload).to.be(Number.POSITIVE_INFINITY);
  });

  it("throws an error for values that limit nothing [security 4, 18]", () => {
    const io = new Server();
    for (const limits of [{ eventsPerSecond: 1 }, { childNamespaces: 1 }, { roomsPerSocket: -1 }, 5]) {
      expect(() => io.of("/").limits(limits as never)).to.throwError((error: { code: string }) =>
        expect(error.code).to.be("INVALID_OPTION"),
      );
    }
    io.of(/x/).limits({ childNamespaces: 1 });
  });
});
