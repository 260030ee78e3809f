import expect from "expect.js";
import { Adapter } from "socket.io-adapter";
import { PacketType } from "socket.io-parser";
import type { ServerOptions } from "../../lib";
import { Bus, clusterAdapter } from "../support/cluster";
import { connectMember, connectMembers, settled } from "../support/members";
import { HANDSHAKE_MEMBERS } from "../support/public-names";
import { startServer } from "../support/server";
import { Socket } from "../support/subject";
import { eventually, nextEvent } from "../support/waiting";

describe("Socket, as adapters and tools use it", () => {
  it("id, join(), leave() and disconnect() [61, 63]", async () => {
    const { client, socket } = await connectMember(await startServer());
    expect(socket).to.be.a(Socket);
    expect(socket.id).to.match(/^[\w-]{20}$/);
    expect(socket.join("x")).to.be(undefined);
    expect(socket.join(["y", "z"])).to.be(undefined);
    expect(socket.leave("y")).to.be(undefined);
    expect([...socket.rooms]).to.eql([socket.id, "x", "z"]);
    const gone = nextEvent(client, "disconnect");
    expect(socket.disconnect(true)).to.be(socket);
    await gone;
    expect(socket.disconnect(true)).to.be(socket);
  });

  it("acks accepts entries of adapters, which are called with the answer [57]", async () => {
    const running = await startServer();
    const { client, socket } = await connectMember(running);
    client.on("question", (value, ack) => ack(value + 1, "more"));
    expect(socket.acks).to.be.a(Map);
    const id = running.io.of("/")._ids++;
    const answered = new Promise<unknown[]>((resolve) => {
      socket.acks.set(id, (...answer: unknown[]) => resolve(answer));
    });
    const packet = { type: PacketType.EVENT, nsp: "/", data: ["question", 1], id };
    (socket.client as any).writeToEngine(running.io.encoder.encode(packet), { preEncoded: true });
    expect(await answered).to.eql([2, "more"]);
    expect(socket.acks.size).to.be(0);
  });

  const adapters: Record<string, ServerOptions["adapter"] | undefined> = {
    "the library's own adapter": undefined,
    "npm's Adapter": Adapter,
    "npm's ClusterAdapter": clusterAdapter(new Bus()),
  };
  for (const [name, adapter] of Object.entries(adapters)) {
    it(`acks that ${name} has set are removed after a broadcast has timed out [58]`, async () => {
      const running = await startServer({ adapter });
      const [first, second] = await connectMembers(running, 2);
      first.client.on("question", (ack) => ack());
      const answers: (() => void)[] = [];
      second.client.on("question", (ack) => answers.push(ack));
      const failed = running.io
        .timeout(15)
        .emitWithAck("question")
        .catch(() => {});
      expect([first.socket.acks.size, second.socket.acks.size]).to.eql([1, 1]);
      await failed;
      expect([first.socket.acks.size, second.socket.acks.size]).to.eql([0, 0]);
      await eventually(() => answers.length === 1);
      answers[0]();
      await settled(second);
      expect(second.socket.acks.size).to.be(0);
    });
  }

  it("notifyOutgoingListeners(packet) calls the outgoing catch-all listeners [59]", async () => {
    const { socket } = await connectMember(await startServer());
    const heard: unknown[] = [];
    (socket as any).notifyOutgoingListeners({ data: ["nobody listens"] });
    socket.onAnyOutgoing((...args) => heard.push(args));
    (socket as any).notifyOutgoingListeners({ type: PacketType.EVENT, data: ["hello", 1] });
    expect(heard).to.eql([["hello", 1]]);
  });

  it("notifyOutgoingListeners() is called for each receiver of a broadcast [59, 64]", async () => {
    const running = await startServer();
    const members = await connectMembers(running, 3);
    const heard: unknown[] = [];
    members.forEach(({ socket }, index) => {
      socket.onAnyOutgoing((...args) => heard.push([index, ...args]));
    });
    running.io.except(members[1].socket.id).emit("hello", 1);
    running.io.timeout(5).emit("question", () => {});
    expect(heard).to.eql([
      [0, "hello", 1],
      [2, "hello", 1],
      [0, "question"],
      [1, "question"],
      [2, "question"],
    ]);
  });

  it("client.writeToEngine(encodedPackets, options) writes encoded packets [71]", async () => {
    const { client, socket } = await connectMember(await startServer());
    const packets: any[] = [];
    socket.conn.on("packetCreate" as any, (packet: any) => packets.push(packet));
    const payload = '42["hello"]';
    const wsPreEncodedFrame = [Buffer.from([0x81, payload.length]), Buffer.from(payload)];
    const came = nextEvent(client, "hello");
    (socket.client as any).writeToEngine(['2["hello"]'], {
      preEncoded: true,
      volatile: false,
      compress: false,
      wsPreEncodedFrame,
    });
    expect(await came).to.eql([]);
    expect(packets[0].type).to.be("message");
    expect(packets[0].data).to.be('2["hello"]');
    expect(packets[0].options.wsPreEncodedFrame).to.be(wsPreEncodedFrame);
    expect(packets[0].options.compress).to.be(false);
  });

  it("client.writeToEngine() writes text and binary parts, and requires few options [71]", async () => {
    const running = await startServer();
    const { client, socket } = await connectMember(running);
    const packet = { type: PacketType.EVENT, nsp: "/", data: ["hello", Buffer.from([1])] };
    const came = nextEvent(client, "hello");
    (socket.client as any).writeToEngine(running.io.encoder.encode(packet), {});
    expect([...(await came)[0]]).to.eql([1]);
  });

  it("client.writeToEngine() drops volatile packets of a receiver that is not ready [66]", async () => {
    const member = await connectMember(await startServer());
    const { client } = member.socket as any;
    client.writeToEngine(['2["first"]'], { preEncoded: true });
    client.writeToEngine(['2["volatile"]'], { preEncoded: true, volatile: true });
    client.writeToEngine(['2["second"]'], { preEncoded: true, volatile: false });
    await settled(member);
    expect(member.seen).to.eql([["first"], ["second"]]);
  });

  it("handshake has nine members, and can be serialised [26]", async () => {
    const running = await startServer();
    const { socket } = await connectMember(running, "/", {
      transports: ["websocket"],
      auth: { token: "secret" },
      query: { color: "blue" },
    });
    expect(Object.keys(socket.handshake).sort()).to.eql(HANDSHAKE_MEMBERS);
    const copy = JSON.parse(JSON.stringify(socket.handshake));
    expect(Object.keys(copy).sort()).to.eql(HANDSHAKE_MEMBERS);
    expect(copy.auth).to.eql({ token: "secret" });
    expect(copy.query.color).to.be("blue");
  });

  it("handshake is extensible, as session middlewares require [26]", async () => {
    const { socket } = await connectMember(await startServer());
    const { sessionStore, ...others }: any = Object.assign(socket.handshake, {
      session: { user: 1 },
      sessionStore: { generate() {} },
    });
    expect(sessionStore).to.be.ok();
    expect(JSON.parse(JSON.stringify(others)).session).to.eql({ user: 1 });
  });

  it("rooms is an iterable set [63]", async () => {
    const { socket } = await connectMember(await startServer());
    socket.join("x");
    const rooms: string[] = [];
    for (const room of socket.rooms) {
      rooms.push(room);
    }
    expect(rooms).to.eql([socket.id, "x"]);
    expect(socket.rooms).to.be.a(Set);
    expect(Array.from(socket.rooms)).to.eql(rooms);
  });

  it("data can be replaced, also by a proxy [60]", async () => {
    const running = await startServer();
    const { socket } = await connectMember(running);
    expect(socket.data).to.eql({});
    const changes: unknown[] = [];
    socket.data = new Proxy(socket.data, {
      set(target, name, value) {
        changes.push([name, value]);
        return Reflect.set(target, name, value);
      },
    });
    socket.data.name = "Ada";
    expect(changes).to.eql([["name", "Ada"]]);
    const [fetched] = await running.io.fetchSockets();
    expect(fetched.data.name).to.be("Ada");
  });

  it("client.id, conn.transport.name, nsp.name and request._query [26, 27, 36]", async () => {
    const running = await startServer();
    const { client, socket } = await connectMember(running, "/chat", {
      transports: ["websocket"],
      query: { color: "blue" },
    });
    const { engine } = client.io as any;
    expect((socket.client as any).id).to.be(engine.id);
    expect((socket.conn as any).id).to.be(engine.id);
    expect(socket.id).not.to.be(engine.id);
    expect(socket.conn.transport.name).to.be("websocket");
    expect(socket.nsp.name).to.be("/chat");
    expect(socket.nsp).to.be(running.io.of("/chat"));
    expect((socket.request as any)._query.color).to.be("blue");
    expect((socket.request as any)._query.EIO).to.be("4");
    expect((socket.client as any).conn).to.be(socket.conn);
    expect((socket.client as any).request).to.be(socket.request);
  });

  it("sockets of one connection share their client [27]", async () => {
    const running = await startServer();
    const options = { transports: ["websocket"], forceNew: false };
    const inMain = await connectMember(running, "/", options);
    const inChat = await connectMember(running, "/chat", options);
    expect(inMain.socket.client).to.be(inChat.socket.client);
    expect(inMain.socket.conn).to.be(inChat.socket.conn);
    expect(inMain.socket.id).not.to.be(inChat.socket.id);
    expect([...inMain.socket.client.sockets.entries()]).to.eql([
      [inMain.socket.id, inMain.socket],
      [inChat.socket.id, inChat.socket],
    ]);
  });

  it("onAny() and onAnyOutgoing() receive all events in both directions [59]", async () => {
    const { client, socket } = await connectMember(await startServer());
    const heard: unknown[] = [];
    socket.onAny((...args) => heard.push(["in", ...args]));
    socket.onAnyOutgoing((...args) => heard.push(["out", ...args]));
    const came = nextEvent(socket, "hello");
    client.emit("hello", 1);
    await came;
    socket.emit("hello", 2);
    expect(heard).to.eql([
      ["in", "hello", 1],
      ["out", "hello", 2],
    ]);
  });

  it("on(), off() and so on are those of an event emitter, as rxjs's fromEvent expects [59]", async () => {
    const member = await connectMember(await startServer());
    const { client, socket } = member;
    for (const method of ["on", "off", "once", "addListener", "removeListener", "listenerCount"] as const) {
      expect(socket[method]).to.be.a("function");
    }
    const heard: unknown[] = [];
    const listener = (value: unknown) => heard.push(value);
    expect(socket.addListener("hello", listener)).to.be(socket);
    socket.once("hello", listener);
    socket.on("bye", listener);
    expect(socket.listenerCount("hello")).to.be(2);
    client.emit("hello", 1);
    client.emit("hello", 2);
    client.emit("bye", 3);
    await eventually(() => heard.length === 4);
    expect(heard).to.eql([1, 1, 2, 3]);
    expect(socket.removeListener("hello", listener)).to.be(socket);
    expect(socket.off("bye", listener)).to.be(socket);
    expect(socket.listenerCount("hello")).to.be(0);
    expect(socket.listenerCount("bye")).to.be(0);
  });

  it("accepts properties of other libraries, also with symbols as names [44]", async () => {
    const running = await startServer();
    const { socket }: any = await connectMember(running);
    const mark = Symbol("mark");
    socket[mark] = { pipes: [] };
    socket.user = "Ada";
    const [fetched]: any[] = await running.io.fetchSockets();
    expect(fetched[mark]).to.be(socket[mark]);
    expect(fetched.user).to.be("Ada");
    expect(Object.isExtensible(socket)).to.be(true);
  });
});
