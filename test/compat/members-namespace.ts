import { EventEmitter } from "node:events";
import expect from "expect.js";
import { Adapter } from "socket.io-adapter";
import { onTestEnd } from "../support/cleanup";
import { connectMember, connectMembers, settled } from "../support/members";
import { startServer } from "../support/server";
import { Namespace } from "../support/subject";
import { eventually, nextEvent } from "../support/waiting";

interface ReservedEmitter {
  emitReserved(event: string, ...args: unknown[]): boolean;
}

/** Replaces emitReserved() of a prototype until the end of the test. */
function observeReserved(prototype: ReservedEmitter, observed: string[]): void {
  const { emitReserved } = prototype;
  prototype.emitReserved = function (event, ...args) {
    observed.push(event);
    return emitReserved.call(this, event, ...args);
  };
  onTestEnd(() => {
    Reflect.deleteProperty(prototype, "emitReserved");
  });
}

describe("Namespace, as adapters and tools use it", () => {
  it("name and server [44]", async () => {
    const { io } = await startServer();
    const chat = io.of("/chat");
    expect(chat).to.be.a(Namespace);
    expect(chat.name).to.be("/chat");
    expect(chat.server).to.be(io);
  });

  it("sockets is a map of the connected sockets by id [44]", async () => {
    const running = await startServer();
    const { sockets } = running.io.of("/");
    expect(sockets).to.be.a(Map);
    const [first, second] = await connectMembers(running, 2);
    expect(sockets.size).to.be(2);
    expect(sockets.get(first.socket.id)).to.be(first.socket);
    const ids: string[] = [];
    sockets.forEach((socket, id) => {
      expect(socket.id).to.be(id);
      ids.push(id);
    });
    expect(ids).to.eql([first.socket.id, second.socket.id]);
    const gone = nextEvent(first.socket, "disconnect");
    first.client.disconnect();
    await gone;
    expect([...sockets.keys()]).to.eql([second.socket.id]);
    expect(running.io.of("/").sockets).to.be(sockets);
  });

  it("_ids counts packets with acknowledgements, and adapters increment it [57]", async () => {
    const running = await startServer();
    const { socket } = await connectMember(running);
    const nsp = running.io.of("/");
    expect(nsp._ids).to.be(0);
    expect(nsp._ids++).to.be(0);
    socket.emit("question", () => {});
    expect([...socket.acks.keys()]).to.eql([1]);
    running.io.timeout(5).emit("question", () => {});
    expect([...socket.acks.keys()]).to.eql([1, 2]);
    nsp._ids += 10;
    socket.emit("question", () => {});
    expect([...socket.acks.keys()]).to.eql([1, 2, 13]);
    expect(nsp._ids).to.be(14);
    expect(running.io.of("/chat")._ids).to.be(0);
    await eventually(() => !socket.acks.has(2));
  });

  it("_onServerSideEmit(args) calls the listeners; the last argument may be an acknowledgement [69]", async () => {
    const { io } = await startServer();
    const heard: unknown[] = [];
    io.of("/chat").on("hello", (...args: unknown[]) => heard.push(args));
    io.of("/chat").on("question", (value: number, ack: (answer: number) => void) => ack(value + 1));
    io.of("/chat")._onServerSideEmit(["hello", 1, "two"]);
    expect(heard).to.eql([[1, "two"]]);
    let answer: unknown;
    io.of("/chat")._onServerSideEmit([
      "question",
      1,
      (value: unknown) => {
        answer = value;
      },
    ]);
    expect(answer).to.be(2);
    io.of("/chat")._onServerSideEmit(["nobody listens"]);
  });

  it("adapter is an event emitter, one for each namespace [44, 72]", async () => {
    const { io } = await startServer();
    expect(io.of("/").adapter).to.be.an(EventEmitter);
    expect(io.of("/chat").adapter).not.to.be(io.of("/").adapter);
    expect((io.of("/chat").adapter as any).nsp).to.be(io.of("/chat"));
  });

  it("adapter may be replaced on the namespace, as some tests and tools do [44, 72]", async () => {
    const running = await startServer();
    const nsp = running.io.of("/");
    class Replacement extends Adapter {}
    nsp.adapter = new Replacement(nsp);
    const member = await connectMember(running);
    member.socket.join("x");
    expect([...nsp.adapter.rooms.keys()]).to.eql([member.socket.id, "x"]);
    running.io.to("x").emit("hello");
    await settled(member);
    expect(member.seen).to.eql([["hello"]]);
  });

  it("_preConnectSockets has the sockets whose middleware is pending [49]", async () => {
    const running = await startServer();
    const nsp = running.io.of("/");
    const during: boolean[] = [];
    expect(nsp._preConnectSockets).to.be.a(Map);
    nsp.use((socket, next) => {
      during.push(nsp._preConnectSockets.get(socket.id) === socket, nsp.sockets.has(socket.id));
      next();
    });
    const member = await connectMember(running);
    expect(during).to.eql([true, false]);
    expect(nsp._preConnectSockets.size).to.be(0);
    expect(nsp.sockets.get(member.socket.id)).to.be(member.socket);
  });

  it("_preConnectSockets removes sockets that are refused [47, 49]", async () => {
    const running = await startServer();
    running.io.use((_socket, next) => next(new Error("no")));
    await nextEvent(running.connect(), "connect_error");
    expect(running.io.of("/")._preConnectSockets.size).to.be(0);
    expect(running.io.of("/").sockets.size).to.be(0);
  });

  it("_preConnectSockets removes sockets that disconnect meanwhile [49]", async () => {
    const running = await startServer();
    const nsp = running.io.of("/");
    let connections = 0;
    nsp.on("connection", () => connections++);
    const sizes: number[] = [];
    nsp.use((socket, next) => {
      sizes.push(nsp._preConnectSockets.size);
      socket.join("x");
      socket.conn.once("close", () => next());
      client.disconnect();
    });
    const client = running.connect("/", { transports: ["websocket"] });
    await eventually(() => sizes.length === 1 && nsp._preConnectSockets.size === 0);
    expect(sizes).to.eql([1]);
    expect(nsp.adapter.rooms.size).to.be(0);
    expect(nsp.adapter.sids.size).to.be(0);
    expect(nsp.sockets.size).to.be(0);
    expect(connections).to.be(0);
  });

  it("prependListener() adds a listener before the other listeners of a connection [50]", async () => {
    const running = await startServer();
    const order: string[] = [];
    running.io.of("/").on("connection", () => order.push("first set"));
    running.io.of("/").prependListener("connection", () => order.push("prepended"));
    await connectMember(running);
    expect(order).to.eql(["prepended", "first set"]);
  });

  it("emitReserved() may be replaced on the prototypes, to observe the events of the library [50, 51]", async () => {
    const running = await startServer();
    const observed: string[] = [];
    const nsp = running.io.of("/");
    observeReserved(Object.getPrototypeOf(nsp), observed);
    const { client, socket } = await connectMember(running);
    observeReserved(Object.getPrototypeOf(socket), observed);
    const gone = nextEvent(socket, "disconnect");
    client.disconnect();
    await gone;
    expect(observed).to.eql(["connect", "connection", "disconnecting", "disconnect"]);
  });

  it("to() may be replaced by a method that calls in() [64]", async () => {
    const { io } = await startServer();
    const chat = io.of("/chat");
    chat.to = (room) => chat.in(`app:${room}`);
    expect([...chat.to("a").rooms]).to.eql(["app:a"]);
  });

  it("use(), in(), emit() and the methods for sockets [47, 64, 67, 68]", async () => {
    const running = await startServer();
    const chat = running.io.of("/chat");
    const passed: string[] = [];
    expect(
      chat.use((socket, next) => {
        passed.push(socket.nsp.name);
        next();
      }),
    ).to.be(chat);
    const member = await connectMember(running, "/chat");
    expect(passed).to.eql(["/chat"]);
    chat.in(member.socket.id).emit("hello");
    await settled(member);
    expect(member.seen).to.eql([["hello"]]);
    chat.socketsJoin("x");
    expect(member.socket.rooms.has("x")).to.be(true);
    chat.socketsLeave("x");
    expect(member.socket.rooms.has("x")).to.be(false);
    expect((await chat.fetchSockets())[0]).to.be(member.socket);
    const gone = nextEvent(member.client, "disconnect");
    chat.disconnectSockets();
    await gone;
  });
});

describe("ParentNamespace, as tools use it", () => {
  it("children is the set of the namespaces of the pattern [41]", async () => {
    const running = await startServer();
    const parent: any = running.io.of(/^\/dynamic-\d$/);
    expect(parent.children).to.be.a(Set);
    expect(parent.children.size).to.be(0);
    await connectMember(running, "/dynamic-1");
    await connectMember(running, "/dynamic-2");
    await connectMember(running, "/dynamic-1");
    const names = [...parent.children].map(({ name }: { name: string }) => name);
    expect(names).to.eql(["/dynamic-1", "/dynamic-2"]);
    expect(parent.children.has(running.io.of("/dynamic-1"))).to.be(true);
  });

  it("children loses namespaces that are cleaned up [24, 41]", async () => {
    const running = await startServer({ cleanupEmptyChildNamespaces: true });
    const parent: any = running.io.of(/^\/dynamic-\d$/);
    const { client } = await connectMember(running, "/dynamic-1");
    expect(parent.children.size).to.be(1);
    client.disconnect();
    await eventually(() => parent.children.size === 0);
    expect(running.io._nsps.has("/dynamic-1")).to.be(false);
  });
});

describe("BroadcastOperator, as tools use it", () => {
  it("rooms, exceptRooms and flags have the chosen receivers and flags [64, 66]", async () => {
    const { io } = await startServer();
    const operator: any = io.to(["x", "y"]).except("z").volatile.timeout(5);
    expect(operator.rooms).to.be.a(Set);
    expect([...operator.rooms]).to.eql(["x", "y"]);
    expect(operator.exceptRooms).to.be.a(Set);
    expect([...operator.exceptRooms]).to.eql(["z"]);
    expect(operator.flags).to.eql({ volatile: true, timeout: 5 });
  });

  it("without a choice they are empty for the server, and exclude the socket itself for a socket [64, 65]", async () => {
    const running = await startServer();
    const { socket } = await connectMember(running);
    const ofServer: any = running.io.local;
    const ofSocket: any = socket.broadcast;
    expect([ofServer.rooms.size, ofServer.exceptRooms.size]).to.eql([0, 0]);
    expect(ofServer.flags).to.eql({ local: true });
    expect(ofSocket.rooms.size).to.be(0);
    expect([...ofSocket.exceptRooms]).to.eql([socket.id]);
  });
});
