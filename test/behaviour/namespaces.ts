import expect from "expect.js";
import { heard, joinMore, joinWire } from "../support/joined";
import { ownTest } from "../support/own-tests";
import { startServer } from "../support/server";
import { Namespace, type NamespaceType, Server } from "../support/subject";
import { connectV2 } from "../support/v2-client";
import { nextEvent, nextValue } from "../support/waiting";
import { openWire } from "../support/wire";

describe("a namespace with a fixed name", () => {
  it("is created once: the same name returns the same namespace [40]", () => {
    const io = new Server();
    const chat = io.of("/chat");
    expect(chat).to.be.a(Namespace);
    expect(chat.name).to.be("/chat");
    expect(chat.server).to.be(io);
    expect(io.of("/chat")).to.be(chat);
    expect(io.of("/chat/")).not.to.be(chat);
    expect(io.of("/Chat")).not.to.be(chat);
  });

  it("is prefixed with a slash if necessary [40]", () => {
    const io = new Server();
    expect(io.of("chat").name).to.be("/chat");
    expect(io.of("chat")).to.be(io.of("/chat"));
    expect(io.of("//chat").name).to.be("//chat");
  });

  it("is the main namespace if the name is a slash or empty [10, 40]", () => {
    const io = new Server();
    expect(io.of("/")).to.be(io.sockets);
    expect(io.of("")).to.be(io.sockets);
    expect(io.sockets.name).to.be("/");
  });

  it("may have a number as name [40]", () => {
    const io = new Server();
    expect(io.of(7 as never)).to.be(io.of("/7"));
  });

  ownTest("throws an error if the name is not a valid name [40]", () => {
    const io = new Server();
    for (const name of [undefined, null, {}]) {
      expect(() => io.of(name as any)).to.throwException(/name of a namespace must be a string/);
    }
  });

  it("may have the name of a property of Object.prototype [40]", async () => {
    const { io, url } = await startServer();
    const wire = await openWire(url);
    for (const name of ["/__proto__", "/constructor", "/hasOwnProperty"]) {
      expect(await wire.join(name)).to.be(`44${name},{"message":"Invalid namespace"}`);
      io.of(name);
      expect(await wire.join(name)).to.match(new RegExp(`^40${name},{"sid":"`));
    }
  });

  it("accepts a connect listener along with its name [40, 50]", async () => {
    const { io, connect } = await startServer();
    const heardBy: string[] = [];
    io.of("/chat").on("connection", () => heardBy.push("connection"));
    io.of("/chat", () => heardBy.push("first"));
    io.of("/chat", () => heardBy.push("second"));
    await nextEvent(connect("/chat"), "connect");
    expect(heardBy).to.eql(["first", "second", "connection"]);
  });

  it("keeps its sockets in a map, by id [44]", async () => {
    const { io, pair } = await startServer();
    const chat = io.of("/chat");
    expect(chat.sockets).to.be.a(Map);
    expect(chat.sockets.size).to.be(0);
    const { client, socket } = await pair("/chat");
    expect([...chat.sockets]).to.eql([[client.id, socket]]);
    expect(io.sockets.sockets.size).to.be(0);
    const gone = nextEvent(socket, "disconnect");
    client.disconnect();
    await gone;
    expect(chat.sockets.size).to.be(0);
  });

  it("has the socket in its map before the connection listeners run [44, 50]", async () => {
    const { io, connect } = await startServer();
    const found = new Promise((resolve) => {
      io.of("/chat").on("connect", (socket) => resolve(io.of("/chat").sockets.get(socket.id) === socket));
    });
    connect("/chat");
    expect(await found).to.be(true);
  });

  it("has its own adapter, of the class that the server was given [22, 44]", () => {
    const io = new Server();
    const chat = io.of("/chat");
    expect(chat.adapter).not.to.be(io.of("/").adapter);
    expect((chat.adapter as any).nsp).to.be(chat);
    expect(chat.adapter).to.be.a(io.adapter() as any);
  });

  it("shares one connection with other namespaces, each of which has its own socket [27, 44]", async () => {
    const { io, url } = await startServer();
    const main = await joinWire({ io, url });
    const connected = nextValue(io.of("/chat"), "connection");
    const answer = await main.wire.join("/chat");
    const chat = await connected;
    expect(answer).to.contain(chat.id);
    expect(chat.id).not.to.be(main.socket.id);
    expect(chat.conn).to.be(main.socket.conn);
    expect(chat.nsp).to.be(io.of("/chat"));
    expect(chat.client).to.be(main.socket.client);
  });

  it("receives its own events and not those of other namespaces [44]", async () => {
    const { io, url } = await startServer();
    io.of("/chat");
    const { wire, socket } = await joinWire({ io, url });
    const { socket: chat } = await joinMore(io, wire, "/chat");
    const seen: any[] = [];
    socket.onAny((...event: any[]) => seen.push(["main", ...event]));
    chat.onAny((...event: any[]) => seen.push(["chat", ...event]));
    wire.send('42["a",1]', '42/chat,["a",2]');
    await heard({ wire, socket: chat });
    expect(seen.slice(0, 2)).to.eql([
      ["main", "a", 1],
      ["chat", "a", 2],
    ]);
    socket.emit("b", 1);
    chat.emit("b", 2);
    expect([await wire.next(), await wire.next()]).to.eql(['42["b",1]', '42/chat,["b",2]']);
  });

  it("can be left without leaving the others [53]", async () => {
    const { io, url } = await startServer();
    io.of("/chat");
    const { wire, socket } = await joinWire({ io, url });
    const { socket: chat } = await joinMore(io, wire, "/chat");
    const gone = nextEvent(chat, "disconnect");
    wire.send("41/chat,");
    await gone;
    expect(socket.connected).to.be(true);
    socket.emit("still here");
    expect(await wire.next()).to.be('42["still here"]');
  });

  it("can be left and joined again over one connection, with a new id [27, 40]", async () => {
    const { io, url } = await startServer();
    io.of("/chat");
    const { wire, socket: first } = await joinWire({ io, url }, "/chat");
    const gone = nextEvent(first, "disconnect");
    wire.send("41/chat,");
    await gone;
    const { socket: second } = await joinMore(io, wire, "/chat");
    expect(second.id).not.to.be(first.id);
    expect(second.conn).to.be(first.conn);
  });
});

describe("a namespace that does not exist", () => {
  it("is refused with the message Invalid namespace [45]", async () => {
    const { connect } = await startServer();
    const client = connect("/nope");
    const error = await nextValue(client, "connect_error");
    expect(error.message).to.be("Invalid namespace");
    expect(error.data).to.be(undefined);
    expect(client.connected).to.be(false);
  });

  it("is refused with the message only, and the connection remains open [45]", async () => {
    const { url } = await startServer();
    const wire = await openWire(url);
    expect(await wire.join("/nope")).to.be('44/nope,{"message":"Invalid namespace"}');
    expect(await wire.join()).to.match(/^40\{"sid":"/);
  });

  it("does not match a name with a query, which only protocol 3 clients send [45]", async () => {
    const { io, url } = await startServer();
    io.of("/chat");
    const wire = await openWire(url);
    expect(await wire.join("/chat?a=b")).to.be('44/chat?a=b,{"message":"Invalid namespace"}');
  });

  it("can be joined once it has been created [40, 45]", async () => {
    const { io, connect } = await startServer();
    const client = connect("/later");
    await nextEvent(client, "connect_error");
    io.of("/later");
    client.connect();
    await nextEvent(client, "connect");
    expect(client.connected).to.be(true);
  });

  it("causes an error event at a v2 client [45]", async () => {
    const { url } = await startServer({ allowEIO3: true });
    const client = connectV2(`${url}/nope`);
    expect(await nextValue(client, "error")).to.eql({ message: "Invalid namespace" });
  });
});

describe("the main namespace", () => {
  it("is not joined by a client that joins another namespace [46]", async () => {
    const { io, url } = await startServer();
    let entered = false;
    io.on("connection", () => {
      entered = true;
    });
    io.of("/chat");
    const { wire, socket } = await joinWire({ io, url }, "/chat");
    await heard({ wire, socket });
    expect(entered).to.be(false);
    expect(io.of("/").sockets.size).to.be(0);
  });

  it("is joined by every v2 client without CONNECT [46]", async () => {
    const { io, url } = await startServer({ allowEIO3: true });
    const entered: string[] = [];
    io.on("connection", () => entered.push("/"));
    const connected = nextValue(io.of("/chat"), "connection");
    connectV2(`${url}/chat`);
    const socket = await connected;
    expect(entered).to.eql(["/"]);
    expect(io.of("/").sockets.size).to.be(1);
    expect([...io.of("/").sockets.values()][0].conn).to.be(socket.conn);
  });
});

describe("new_namespace", () => {
  /** Collects the new_namespace events of a server. */
  const announced = (io: InstanceType<typeof Server>): NamespaceType[] => {
    const seen: NamespaceType[] = [];
    io.on("new_namespace", (namespace: any) => seen.push(namespace));
    return seen;
  };

  it("is emitted once for each namespace, when it is created [44]", () => {
    const io = new Server();
    const seen = announced(io);
    const chat = io.of("/chat");
    expect(seen).to.have.length(1);
    expect(seen[0]).to.be(chat);
    io.of("/chat");
    io.of("chat");
    expect(seen).to.have.length(1);
  });

  it("is not emitted for the main namespace, nor for a pattern [44]", () => {
    const io = new Server();
    const seen = announced(io);
    io.of("/");
    io.of(/^\/room-\d+$/);
    io.of((_name, _auth, next) => next(null, false));
    expect(seen).to.eql([]);
  });

  it("is emitted for a namespace that a client causes, with everything it has from the pattern [41, 44]", async () => {
    const { io, connect } = await startServer();
    const parent = io.of(/^\/room-\d+$/).on("connection", () => {});
    const told = nextValue(io, "new_namespace");
    const client = connect("/room-1");
    const child = await told;
    expect(child.name).to.be("/room-1");
    expect(io.of("/room-1")).to.be(child);
    expect(child.listeners("connection")).to.eql(parent.listeners("connection"));
    await nextEvent(client, "connect");
  });
});
