import expect from "expect.js";
import { type Joined, joinMore, joinWire } from "../support/joined";
import { type Running, startServer } from "../support/server";
import { Namespace, Server } from "../support/subject";
import { nextEvent } from "../support/waiting";
import { openWire } from "../support/wire";

const ROOMS = /^\/room-\d+$/;

/** A pattern with two namespaces, each with one socket. */
async function startRooms(): Promise<Running & { parent: any; first: Joined; second: Joined }> {
  const running = await startServer();
  const parent = running.io.of(ROOMS);
  const first = await joinWire(running, "/room-1");
  const second = await joinWire(running, "/room-2");
  return { ...running, parent, first, second };
}

/** The packets over the connections until a last event, without the namespace. */
async function receivedBy(...receivers: Joined[]): Promise<unknown[][]> {
  return Promise.all(
    receivers.map(async ({ wire, socket }) => {
      socket.emit("last");
      const events: unknown[] = [];
      for (;;) {
        const frame = (await wire.next()) as string;
        const event = JSON.parse(frame.slice(frame.indexOf("[")));
        if (event[0] === "last") {
          return events;
        }
        events.push(event);
      }
    }),
  );
}

describe("the parent of dynamic namespaces", () => {
  it("is a namespace that no client can join [41]", async () => {
    const { io, url } = await startServer();
    const parent = io.of(ROOMS);
    expect(parent).to.be.a(Namespace);
    expect(parent.server).to.be(io);
    const wire = await openWire(url);
    expect(await wire.join(parent.name)).to.be(`44${parent.name},{"message":"Invalid namespace"}`);
  });

  it("is a new one for each pattern, with a unique name [41]", () => {
    const io = new Server();
    const names = [io.of(/a/), io.of(/b/), io.of((_name, _auth, next) => next(null, false))].map(
      (p) => p.name,
    );
    expect(new Set(names).size).to.be(3);
  });

  it("keeps its namespaces in a set, and has no sockets itself [41]", async () => {
    const { io, parent, first, second } = await startRooms();
    expect(parent.children).to.be.a(Set);
    expect([...parent.children]).to.eql([first.socket.nsp, second.socket.nsp]);
    expect(parent.children.has(io.of("/room-1"))).to.be(true);
    expect(parent.sockets.size).to.be(0);
  });

  it("passes its middleware to namespaces that are created later, in order [41]", async () => {
    const { io, url } = await startServer();
    const met: string[] = [];
    const parent = io.of(ROOMS);
    for (const label of ["first", "second"]) {
      parent.use((socket, next) => {
        met.push(`${label} ${socket.nsp.name}`);
        next();
      });
    }
    const wire = await openWire(url);
    await wire.join("/room-1");
    expect(met).to.eql(["first /room-1", "second /room-1"]);
  });

  it("refuses clients with its middleware [41, 47]", async () => {
    const { io, url } = await startServer();
    io.of(ROOMS).use((_socket, next) => next(Object.assign(new Error("full"), { data: { max: 2 } })));
    const wire = await openWire(url);
    expect(await wire.join("/room-1")).to.be('44/room-1,{"message":"full","data":{"max":2}}');
  });

  it("does not pass middleware that is added later to existing namespaces [41]", async () => {
    const { io, url } = await startServer();
    const met: string[] = [];
    const parent = io.of(ROOMS);
    await joinWire({ io, url }, "/room-1");
    parent.use((socket, next) => {
      met.push(socket.nsp.name);
      next();
    });
    await joinWire({ io, url }, "/room-1");
    await joinWire({ io, url }, "/room-2");
    expect(met).to.eql(["/room-2"]);
  });

  it("may have one namespace with additional middleware, which the others do not have [41]", async () => {
    const { io, url } = await startServer();
    const met: string[] = [];
    io.of(ROOMS);
    io.of("/room-1").use((socket, next) => {
      met.push(socket.nsp.name);
      next();
    });
    await joinWire({ io, url }, "/room-1");
    await joinWire({ io, url }, "/room-2");
    expect(met).to.eql(["/room-1"]);
  });

  it("passes its connect and connection listeners to namespaces that are created later [41, 50]", async () => {
    const { io, url } = await startServer();
    const met: string[] = [];
    const note = (label: string) => (socket: any) => met.push(`${label} ${socket.nsp.name}`);
    const parent = io.of(ROOMS);
    parent.on("connection", note("connection"));
    parent.on("connect", note("connect"));
    await joinWire({ io, url }, "/room-1");
    parent.on("connection", note("late"));
    await joinWire({ io, url }, "/room-1");
    await joinWire({ io, url }, "/room-2");
    const room1 = ["connect /room-1", "connection /room-1"];
    expect(met).to.eql([...room1, ...room1, "connect /room-2", "connection /room-2", "late /room-2"]);
  });

  it("passes no other listeners to its namespaces [41]", () => {
    const io = new Server();
    const parent = io.of(ROOMS);
    parent.on("something", () => {});
    expect(io.of("/room-1").listeners("something")).to.eql([]);
  });

  it("creates a namespace with createChild() [41]", () => {
    const io = new Server();
    const parent: any = io.of(ROOMS);
    const child = parent.createChild("/room-1");
    expect(child).to.be.a(Namespace);
    expect(child.name).to.be("/room-1");
    expect([...parent.children]).to.eql([child]);
  });

  it("does not support fetchSockets() [41]", () => {
    const io = new Server();
    expect(() => io.of(ROOMS).fetchSockets()).to.throwException((error: Error) =>
      expect(error.message).to.be("fetchSockets() is not supported on parent namespaces"),
    );
  });
});

describe("an event to the parent of dynamic namespaces", () => {
  it("is sent to all clients in its namespaces only [41]", async () => {
    const { io, url, parent, first, second } = await startRooms();
    io.of("/other");
    io.of(/^\/others-\d$/);
    const other = await joinWire({ io, url }, "/other");
    const others = await joinWire({ io, url }, "/others-1");
    expect(parent.emit("hello", 1, { a: [2] })).to.be(true);
    const event = ["hello", 1, { a: [2] }];
    expect(await receivedBy(first, second, other, others)).to.eql([[event], [event], [], []]);
  });

  it("has the name of the receiving namespace [41]", async () => {
    const { parent, first, second } = await startRooms();
    parent.emit("hello");
    expect(await first.wire.next()).to.be('42/room-1,["hello"]');
    expect(await second.wire.next()).to.be('42/room-2,["hello"]');
  });

  it("arrives once per namespace at a client that is in several [41]", async () => {
    const { io, parent, first } = await startRooms();
    await joinMore(io, first.wire, "/room-2");
    parent.emit("hello");
    expect(await first.wire.next()).to.be('42/room-1,["hello"]');
    expect(await first.wire.next()).to.be('42/room-2,["hello"]');
  });

  it("may contain binary data [41]", async () => {
    const { parent, first, second } = await startRooms();
    parent.emit("image", Buffer.from([1, 2]));
    for (const [{ wire }, name] of [
      [first, "/room-1"],
      [second, "/room-2"],
    ] as const) {
      expect(await wire.next()).to.be(`451-${name},["image",{"_placeholder":true,"num":0}]`);
      expect(await wire.next()).to.eql(Buffer.from([1, 2]));
    }
  });

  it("can be sent to rooms, in all namespaces [41, 64]", async () => {
    const { parent, first, second } = await startRooms();
    first.socket.join(["a", "b"]);
    second.socket.join("b");
    parent.to("a").emit("to a");
    parent.in(["a", "b"]).emit("in a and b");
    parent.except("a").emit("not a");
    parent.to(second.socket.id).emit("private");
    expect(await receivedBy(first, second)).to.eql([
      [["to a"], ["in a and b"]],
      [["in a and b"], ["not a"], ["private"]],
    ]);
  });

  it("accepts the flags of other broadcasts [41, 66]", async () => {
    const { parent, first, second } = await startRooms();
    parent.local.emit("local");
    parent.compress(false).emit("compress");
    expect(await receivedBy(first, second)).to.eql([
      [["local"], ["compress"]],
      [["local"], ["compress"]],
    ]);
  });

  it('is named "message" with send() and write() [41, 55]', async () => {
    const { parent, first } = await startRooms();
    expect(parent.send("a")).to.be(parent);
    expect(parent.write("b", 2)).to.be(parent);
    expect(await receivedBy(first)).to.eql([
      [
        ["message", "a"],
        ["message", "b", 2],
      ],
    ]);
  });

  it("can be emitted though no namespace exists [41]", () => {
    const io = new Server();
    expect(io.of(ROOMS).emit("hello")).to.be(true);
  });

  it("must not have a reserved name [41, 54]", async () => {
    const { parent } = await startRooms();
    for (const name of ["connect", "disconnect"]) {
      expect(() => parent.emit(name)).to.throwException((error: Error) =>
        expect(error.message).to.be(`"${name}" is a reserved event name`),
      );
    }
  });
});

describe("a namespace that the application creates, and whose name matches a pattern", () => {
  it("belongs to the pattern: it has its middleware and listeners, and receives its events [42]", async () => {
    const { io, url } = await startServer();
    const met: string[] = [];
    const parent: any = io.of(ROOMS);
    parent.use((_socket: any, next: () => void) => {
      met.push("middleware");
      next();
    });
    parent.on("connection", () => met.push("connection"));
    const room = io.of("/room-1");
    expect(parent.children.has(room)).to.be(true);
    const joined = await joinWire({ io, url }, "/room-1");
    expect(met).to.eql(["middleware", "connection"]);
    parent.emit("hello");
    expect(await receivedBy(joined)).to.eql([[["hello"]]]);
  });

  it("belongs to the first matching pattern [42]", () => {
    const io = new Server();
    const first: any = io.of(ROOMS);
    const second: any = io.of(/room/);
    const room = io.of("/room-1");
    expect(first.children.has(room)).to.be(true);
    expect(second.children.has(room)).to.be(false);
  });

  it("does not belong to a pattern that is created later [42]", () => {
    const io = new Server();
    const room = io.of("/room-1");
    const parent: any = io.of(ROOMS);
    expect(parent.children.has(room)).to.be(false);
    expect(io.of("/room-1")).to.be(room);
  });

  it("does not call functions, which are for clients [42]", () => {
    const io = new Server();
    let asked = 0;
    const parent: any = io.of((_name, _auth, next) => {
      asked++;
      next(null, true);
    });
    io.of("/room-1");
    expect(asked).to.be(0);
    expect(parent.children.size).to.be(0);
  });

  it("emits new_namespace once [42, 44]", () => {
    const io = new Server();
    const told: string[] = [];
    io.on("new_namespace", ({ name }) => told.push(name));
    io.of(ROOMS);
    io.of("/room-1");
    io.of("/room-1");
    expect(told).to.eql(["/room-1"]);
  });
});

describe("a dynamic namespace", () => {
  it("remains when its last client leaves [24]", async () => {
    const { io, url } = await startServer();
    const parent: any = io.of(ROOMS);
    const { wire, socket } = await joinWire({ io, url }, "/room-1");
    const gone = nextEvent(socket, "disconnect");
    wire.send("41/room-1,");
    await gone;
    expect([...parent.children]).to.eql([socket.nsp]);
    expect((await joinWire({ io, url }, "/room-1")).socket.nsp).to.be(socket.nsp);
  });
});
