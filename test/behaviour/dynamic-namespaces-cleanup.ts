import expect from "expect.js";
import { joinMore, joinWire } from "../support/joined";
import { ownTest } from "../support/own-tests";
import { recordingAdapter } from "../support/recording-adapter";
import { type Running, startServer } from "../support/server";
import { nextEvent, nextValue } from "../support/waiting";
import { openWire, type Wire } from "../support/wire";

type Next = (error?: Error) => void;

interface Rooms extends Running {
  parent: any;
  /** The names of all namespaces except "/". */
  names(): string[];
}

async function startRooms(): Promise<Rooms> {
  const running = await startServer({ cleanupEmptyChildNamespaces: true });
  const parent = running.io.of(/^\/room-\d+$/);
  const names = () => [...(running.io as any)._nsps.keys()].filter((name) => name !== "/");
  return { ...running, parent, names };
}

/** Leaves a namespace; resolves when the server has processed it. */
async function leave({ io }: Rooms, wire: Wire, name: string): Promise<void> {
  const [socket] = io.of(name).sockets.values();
  const gone = nextEvent(socket, "disconnect");
  wire.send(`41${name},`);
  await gone;
}

/** The `next` function of each connection for which the middleware of the parent is pending. */
function holdInMiddleware({ parent }: Rooms): {
  held: Next[];
  hold(wire: Wire, name: string): Promise<Next>;
} {
  const held: Next[] = [];
  let told = () => {};
  parent.use((_socket: unknown, next: Next) => {
    held.push(next);
    told();
  });
  return {
    held,
    hold(wire, name) {
      return new Promise((resolve) => {
        told = () => resolve(held[held.length - 1]);
        wire.send(`40${name},`);
      });
    },
  };
}

describe("an empty dynamic namespace with cleanupEmptyChildNamespaces", () => {
  it("is removed with its last client [24]", async () => {
    const rooms = await startRooms();
    const first = await joinWire(rooms, "/room-1");
    const second = await joinWire(rooms, "/room-1");
    expect(rooms.names()).to.eql(["/room-1"]);
    await leave(rooms, first.wire, "/room-1");
    expect(rooms.names()).to.eql(["/room-1"]);
    expect(rooms.parent.children.size).to.be(1);
    const gone = nextEvent(second.socket, "disconnect");
    second.wire.ws.close();
    await gone;
    expect(rooms.names()).to.eql([]);
    expect(rooms.parent.children.size).to.be(0);
  });

  it("is removed before the disconnect listeners run, and after the disconnecting listeners [24, 51]", async () => {
    const rooms = await startRooms();
    const { socket } = await joinWire(rooms, "/room-1");
    const seen: unknown[] = [];
    socket.on("disconnecting", () => seen.push(rooms.names()));
    socket.on("disconnect", () => seen.push(rooms.names()));
    socket.disconnect();
    expect(seen).to.eql([["/room-1"], []]);
  });

  it("is removed too if the server disconnects the client [24]", async () => {
    const rooms = await startRooms();
    const { socket } = await joinWire(rooms, "/room-1");
    rooms.io.of("/room-1").disconnectSockets();
    expect(socket.connected).to.be(false);
    expect(rooms.names()).to.eql([]);
  });

  it("is created again for the next client, and emits new_namespace again [24, 44]", async () => {
    const rooms = await startRooms();
    const told: unknown[] = [];
    rooms.io.on("new_namespace", (namespace) => told.push(namespace));
    const { wire, socket: first } = await joinWire(rooms, "/room-1");
    await leave(rooms, wire, "/room-1");
    const { socket: second } = await joinMore(rooms.io, wire, "/room-1");
    expect(second.nsp).not.to.be(first.nsp);
    expect(second.nsp).to.be(rooms.io.of("/room-1"));
    expect([...rooms.parent.children]).to.eql([second.nsp]);
    expect(told).to.eql([first.nsp, second.nsp]);
  });

  it("closes its adapter [24, 72]", async () => {
    const { adapter, calls } = recordingAdapter();
    const { io, url } = await startServer({ cleanupEmptyChildNamespaces: true, adapter });
    io.of(/^\/room-\d+$/);
    const { wire, socket } = await joinWire({ io, url }, "/room-1");
    const gone = nextEvent(socket, "disconnect");
    wire.send("41/room-1,");
    await gone;
    expect(calls.filter(({ method }) => method === "close")).to.have.length(1);
  });

  it("is removed if a middleware refuses the only client [24, 47]", async () => {
    const rooms = await startRooms();
    rooms.parent.use((_socket: unknown, next: Next) => next(new Error("full")));
    const wire = await openWire(rooms.url);
    expect(await wire.join("/room-1")).to.be('44/room-1,{"message":"full"}');
    expect(rooms.names()).to.eql([]);
    expect(rooms.parent.children.size).to.be(0);
  });

  it("remains if one client is refused and another is connected [24, 47]", async () => {
    const rooms = await startRooms();
    const { wire } = await joinWire(rooms, "/room-1");
    rooms.io.of("/room-1").use((_socket, next) => next(new Error("full")));
    const other = await openWire(rooms.url);
    await other.join("/room-1");
    expect(rooms.names()).to.eql(["/room-1"]);
    rooms.io.of("/room-1").emit("hello");
    expect(await wire.next()).to.be('42/room-1,["hello"]');
  });

  ownTest(
    "remains if the last client leaves while the middleware of another is pending [24, 49]",
    async () => {
      const rooms = await startRooms();
      const { wire } = await joinWire(rooms, "/room-1");
      let proceed: Next = () => {};
      const inMiddleware = new Promise<void>((resolve) => {
        rooms.io.of("/room-1").use((_socket, next) => {
          proceed = next;
          resolve();
        });
      });
      const other = await openWire(rooms.url);
      const answer = other.join("/room-1");
      await inMiddleware;
      await leave(rooms, wire, "/room-1");
      expect(rooms.names()).to.eql(["/room-1"]);
      proceed();
      expect(await answer).to.match(/^40/);
      expect(rooms.io.of("/room-1").sockets.size).to.be(1);
      rooms.parent.emit("hello");
      expect(await other.next()).to.be('42/room-1,["hello"]');
    },
  );

  ownTest("remains if one of two clients in the middleware is refused [24, 49]", async () => {
    const rooms = await startRooms();
    const { held, hold } = holdInMiddleware(rooms);
    const [one, two] = [await openWire(rooms.url), await openWire(rooms.url)];
    await hold(one, "/room-1");
    await hold(two, "/room-1");
    held[0](new Error("full"));
    await one.next();
    expect(rooms.names()).to.eql(["/room-1"]);
    held[1]();
    expect(await two.next()).to.match(/^40/);
    rooms.parent.emit("hello");
    expect(await two.next()).to.be('42/room-1,["hello"]');
  });

  it("is removed when the client in the middleware has left, and its next() is called [24, 49]", async () => {
    const rooms = await startRooms();
    const { hold } = holdInMiddleware(rooms);
    const { wire, socket } = await joinWire(rooms);
    const proceed = await hold(wire, "/room-1");
    expect(rooms.names()).to.eql(["/room-1"]);
    const gone = nextEvent(socket, "disconnect");
    wire.ws.close();
    await gone;
    proceed();
    await new Promise(setImmediate);
    expect(rooms.names()).to.eql([]);
  });

  it("is removed though the application created it, if its name matches a pattern [24, 42]", async () => {
    const rooms = await startRooms();
    rooms.io.of("/room-1");
    const { wire } = await joinWire(rooms, "/room-1");
    await leave(rooms, wire, "/room-1");
    expect(rooms.names()).to.eql([]);
  });

  it("is removed if it was created by a function [24, 40]", async () => {
    const rooms = await startRooms();
    rooms.io.of((name, _auth, next) => next(null, name === "/any"));
    const { wire } = await joinWire(rooms, "/any");
    await leave(rooms, wire, "/any");
    expect(rooms.names()).to.eql([]);
  });

  it("remains until a first client has joined, if the application created it [24]", async () => {
    const rooms = await startRooms();
    rooms.io.of("/room-1");
    const { wire } = await joinWire(rooms, "/room-2");
    await leave(rooms, wire, "/room-2");
    expect(rooms.names()).to.eql(["/room-1"]);
  });

  it("is removed without closing the connection to other namespaces [24, 53]", async () => {
    const rooms = await startRooms();
    const { wire, socket } = await joinWire(rooms);
    await joinMore(rooms.io, wire, "/room-1");
    await leave(rooms, wire, "/room-1");
    expect(socket.connected).to.be(true);
    socket.emit("still here");
    expect(await wire.next()).to.be('42["still here"]');
  });
});

describe("a fixed namespace", () => {
  it("is never removed [24]", async () => {
    const rooms = await startRooms();
    rooms.io.of("/plain");
    const { wire } = await joinWire(rooms, "/plain");
    await leave(rooms, wire, "/plain");
    const main = await joinWire(rooms);
    const gone = nextValue(main.socket, "disconnect");
    main.wire.ws.close();
    await gone;
    expect([...(rooms.io as any)._nsps.keys()]).to.eql(["/", "/plain"]);
  });
});
