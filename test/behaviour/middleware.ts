import expect from "expect.js";
import { joinMore, joinWire } from "../support/joined";
import { ownTest } from "../support/own-tests";
import { startServer } from "../support/server";
import { Server } from "../support/subject";
import { connectV2 } from "../support/v2-client";
import { nextEvent, nextValue } from "../support/waiting";
import { openWire } from "../support/wire";

type Next = (error?: any) => void;

describe("a middleware", () => {
  it("runs for each socket before it connects, in the order of use() [47]", async () => {
    const { io, connect } = await startServer();
    const order: string[] = [];
    for (const label of ["first", "second", "third"]) {
      io.use((_socket, next) => {
        order.push(label);
        next();
      });
    }
    io.on("connection", () => order.push("connection"));
    await nextEvent(connect(), "connect");
    expect(order).to.eql(["first", "second", "third", "connection"]);
  });

  it("delays the next middleware until it calls next() [47]", async () => {
    const { io, connect } = await startServer();
    const order: string[] = [];
    io.use((_socket, next) => {
      order.push("asked");
      setImmediate(() => {
        order.push("answered");
        next();
      });
    });
    io.use((_socket, next) => {
      order.push("next one");
      Promise.resolve().then(() => next());
    });
    await nextEvent(connect(), "connect");
    expect(order).to.eql(["asked", "answered", "next one"]);
  });

  it("can be added in a chain, to the server or to a namespace [47]", () => {
    const io = new Server();
    expect(io.use((_socket, next) => next())).to.be(io);
    const chat = io.of("/chat");
    expect(chat.use((_socket, next) => next())).to.be(chat);
  });

  it("of the server belongs to the main namespace only [47]", async () => {
    const { io, url } = await startServer();
    const met: string[] = [];
    const note = (label: string) => (_socket: unknown, next: Next) => {
      met.push(label);
      next();
    };
    io.use(note("server"));
    io.of("/").use(note("main"));
    io.of("/chat").use(note("chat"));
    const { wire } = await joinWire({ io, url });
    expect(met).to.eql(["server", "main"]);
    await joinMore(io, wire, "/chat");
    expect(met).to.eql(["server", "main", "chat"]);
  });

  it("runs again each time a client connects [47]", async () => {
    const { io, pair } = await startServer();
    const ids: string[] = [];
    io.use((socket, next) => {
      ids.push(socket.id);
      next();
    });
    const { client } = await pair();
    const first = client.id as string;
    client.disconnect().connect();
    await nextEvent(client, "connect");
    expect(ids).to.eql([first, client.id]);
  });

  it("has the handshake, data and id of the socket, which is not connected yet [26, 47, 61]", async () => {
    const { io, connect } = await startServer();
    let seen: any;
    io.use((socket, next) => {
      const { id, connected, disconnected, recovered, rooms, handshake, nsp } = socket;
      seen = { id, connected, disconnected, recovered, rooms, auth: handshake.auth, nsp };
      socket.data.user = "alice";
      next();
    });
    const connected = nextValue(io, "connection");
    connect("/", { auth: { token: "abc" } });
    const socket = await connected;
    expect({ ...seen.auth }).to.eql({ token: "abc" });
    expect(seen.id).to.be(socket.id);
    expect(seen.connected).to.be(false);
    expect(seen.disconnected).to.be(true);
    expect(seen.recovered).to.be(false);
    expect(seen.rooms.size).to.be(0);
    expect(seen.nsp).to.be(io.of("/"));
    expect(socket.data).to.eql({ user: "alice" });
    expect(socket.connected).to.be(true);
  });

  it("can make the socket join rooms [49]", async () => {
    const { io, pair } = await startServer();
    io.use((socket, next) => {
      socket.join(["early", "bird"]);
      next();
    });
    const { client, socket } = await pair();
    expect([...socket.rooms].sort()).to.eql(["bird", "early", socket.id].sort());
    io.to("early").emit("hello");
    await nextEvent(client, "hello");
  });

  it("can add listeners, which receive the first event [47]", async () => {
    const { io, connect } = await startServer();
    const heard = new Promise((resolve) => {
      io.use((socket, next) => {
        socket.on("hello", resolve);
        next();
      });
    });
    const client = connect();
    client.emit("hello", 1);
    expect(await heard).to.be(1);
  });

  it("that is added later does not run for a client that has passed the others [47]", async () => {
    const { io, url } = await startServer();
    const met: string[] = [];
    let proceed: Next = () => {};
    const inside = new Promise<void>((resolve) => {
      io.use((_socket, next) => {
        proceed = next;
        resolve();
      });
    });
    const wire = await openWire(url);
    const answer = wire.join();
    await inside;
    io.use((_socket, next) => {
      met.push("late");
      next();
    });
    proceed();
    await answer;
    expect(met).to.eql([]);
  });

  ownTest("that calls next() twice accepts the client once [47]", async () => {
    const { io, url } = await startServer();
    let connections = 0;
    io.use((_socket, next) => {
      next();
      next();
    });
    io.on("connection", () => connections++);
    const { wire, socket } = await joinWire({ io, url });
    socket.emit("hello");
    expect(await wire.next()).to.be('42["hello"]');
    expect(connections).to.be(1);
  });
});

describe("a middleware that refuses", () => {
  it("sends the message and the data of the error to the client [47]", async () => {
    const { io, connect } = await startServer();
    io.use((_socket, next) => {
      next(
        Object.assign(new Error("not authorized"), { data: { content: "Please retry later", code: [1] } }),
      );
    });
    const error = await nextValue(connect(), "connect_error");
    expect(error).to.be.an(Error);
    expect(error.message).to.be("not authorized");
    expect(error.data).to.eql({ content: "Please retry later", code: [1] });
  });

  for (const [what, refusal, packet] of [
    ["an error without data", new Error("no"), '44{"message":"no"}'],
    [
      "an error with data that is not an object",
      Object.assign(new Error("no"), { data: 7 }),
      '44{"message":"no","data":7}',
    ],
    [
      "an error with other properties",
      Object.assign(new TypeError("no"), { code: "SECRET" }),
      '44{"message":"no"}',
    ],
    ["an error with an empty message", new Error(""), '44{"message":""}'],
    ["an object with a message", { message: "no", data: [], other: 1 }, '44{"message":"no","data":[]}'],
  ] as const) {
    it(`with ${what} sends only message and data [47]`, async () => {
      const { io, url } = await startServer();
      io.use((_socket, next) => next(refusal as Error));
      const wire = await openWire(url);
      expect(await wire.join()).to.be(packet);
    });
  }

  for (const nothing of [undefined, null, 0, "", false]) {
    it(`does not refuse with ${JSON.stringify(nothing) ?? "undefined"} [47]`, async () => {
      const { io, url } = await startServer();
      io.use((_socket, next) => next(nothing as never));
      const wire = await openWire(url);
      expect(await wire.join()).to.match(/^40\{"sid"/);
    });
  }

  it("prevents the next middleware and the connection listeners from running [47]", async () => {
    const { io, connect } = await startServer();
    const met: string[] = [];
    io.use((_socket, next) => next(new Error("no")));
    io.use((_socket, next) => {
      met.push("second");
      next();
    });
    io.on("connect", () => met.push("connect"));
    io.on("connection", () => met.push("connection"));
    await nextEvent(connect(), "connect_error");
    expect(met).to.eql([]);
    expect(io.of("/").sockets.size).to.be(0);
  });

  it("can do so later [47]", async () => {
    const { io, connect } = await startServer();
    io.use((_socket, next) => {
      setImmediate(() => next(new Error("no")));
    });
    expect((await nextValue(connect(), "connect_error")).message).to.be("no");
  });

  it("does not close the connection, and the client can try again [47]", async () => {
    const { io, url } = await startServer();
    io.use((socket, next) => next(socket.handshake.auth.token === "good" ? undefined : new Error("no")));
    const wire = await openWire(url);
    expect(await wire.join("/", { token: "bad" })).to.be('44{"message":"no"}');
    expect(await wire.join("/", { token: "good" })).to.match(/^40\{"sid"/);
  });

  it("allows the client to try again with another auth [47]", async () => {
    const { io, connect } = await startServer();
    io.use((socket, next) => next(socket.handshake.auth.token === "good" ? undefined : new Error("no")));
    const client = connect("/", { auth: { token: "bad" } });
    await nextEvent(client, "connect_error");
    expect(client.active).to.be(false);
    client.auth = { token: "good" };
    client.connect();
    await nextEvent(client, "connect");
  });

  it("does not affect the other namespaces of the connection [47]", async () => {
    const { io, url } = await startServer();
    io.of("/closed").use((_socket, next) => next(new Error("no")));
    const { wire, socket } = await joinWire({ io, url });
    expect(await wire.join("/closed")).to.be('44/closed,{"message":"no"}');
    socket.emit("still here");
    expect(await wire.next()).to.be('42["still here"]');
  });

  it("removes the socket from the rooms that it has joined [49]", async () => {
    const { io, url } = await startServer();
    let refusedSocket: any;
    io.use((socket, next) => {
      refusedSocket = socket;
      socket.join("early");
      next(new Error("no"));
    });
    const wire = await openWire(url);
    await wire.join();
    expect(refusedSocket.rooms.size).to.be(0);
    expect(io.of("/").adapter.rooms.size).to.be(0);
    refusedSocket.join("late");
    expect(refusedSocket.rooms.size).to.be(0);
  });

  it("causes an error event with the data of the error at a v2 client [47]", async () => {
    const { io, url } = await startServer({ allowEIO3: true });
    io.use((_socket, next) => next(Object.assign(new Error("no"), { data: { content: "later" } })));
    expect(await nextValue(connectV2(url), "error")).to.eql({ content: "later" });
  });

  it("causes an error event with the message at a v2 client if there is no data [47]", async () => {
    const { io, url } = await startServer({ allowEIO3: true });
    io.use((_socket, next) => next(new Error("no")));
    expect(await nextValue(connectV2(url), "error")).to.be("no");
  });
});
