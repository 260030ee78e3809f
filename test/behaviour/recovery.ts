import expect from "expect.js";
import { connectMember, connectMembers, recordEvents, settled } from "../support/members";
import { connectRecoverable } from "../support/recoverable-client";
import { startServer } from "../support/server";
import { eventually, nextEvent, nextValue } from "../support/waiting";

const recovery = { connectionStateRecovery: {} };

/** Events without the offset at their end. */
function withoutOffsets(seen: any[][]): any[][] {
  return seen.map((event) => event.slice(0, -1));
}

describe("a client that reconnects after its connection was cut", () => {
  it("has the same socket id on both sides, and recovered is true [61, 78]", async () => {
    const running = await startServer(recovery);
    const member = await connectRecoverable(running);
    const before = member.socket;
    expect(before.recovered).to.be(false);
    expect(member.client.recovered).to.be(false);
    await member.cut();
    await member.comeBack();
    expect(member.socket).not.to.be(before);
    expect(member.socket.id).to.be(before.id);
    expect(member.client.id).to.be(before.id);
    expect(member.socket.recovered).to.be(true);
    expect(member.client.recovered).to.be(true);
    expect(running.io.of("/").sockets.size).to.be(1);
    expect(running.io.of("/").sockets.get(before.id)).to.be(member.socket);
  });

  it("is in its rooms before the connection listeners run [79]", async () => {
    const running = await startServer(recovery);
    const member = await connectRecoverable(running);
    member.socket.join(["x", "y"]);
    member.socket.leave("x");
    await member.cut();
    expect(running.io.of("/").adapter.rooms.size).to.be(0);
    let rooms: string[] = [];
    running.io.on("connection", (socket) => {
      rooms = [...socket.rooms];
    });
    await member.comeBack();
    expect(rooms.sort()).to.eql([member.socket.id, "y"].sort());
    running.io.to("x").emit("to x");
    running.io.to("y").emit("to y");
    await settled(member);
    expect(withoutOffsets(member.seen)).to.eql([["to y"]]);
  });

  it("keeps its data [79]", async () => {
    const running = await startServer(recovery);
    const member = await connectRecoverable(running);
    member.socket.data.name = "Ada";
    member.socket.data.list = [1, { two: 2 }];
    await member.cut();
    await member.comeBack();
    expect(member.socket.data).to.eql({ name: "Ada", list: [1, { two: 2 }] });
  });

  it("receives the events that it missed, in order, each once [79]", async () => {
    const running = await startServer(recovery);
    const member = await connectRecoverable(running);
    const { id } = member.socket;
    member.socket.join("x");
    running.io.emit("in time");
    await settled(member);
    const old = member.socket;
    await member.cut();
    running.io.emit("to all", 1, { two: [3] });
    running.io.to("x").emit("to x");
    running.io.to(id).emit("to the id");
    old.emit("from the old socket");
    running.io.to(["x", id]).emit("to both");
    await member.comeBack();
    running.io.emit("afterwards");
    await settled(member);
    expect(withoutOffsets(member.seen)).to.eql([
      ["in time"],
      ["to all", 1, { two: [3] }],
      ["to x"],
      ["to the id"],
      ["from the old socket"],
      ["to both"],
      ["afterwards"],
    ]);
  });

  it("does not receive events for others [79]", async () => {
    const running = await startServer(recovery);
    const member = await connectRecoverable(running);
    const [other] = await connectMembers(running, 1);
    const { id } = member.socket;
    member.socket.join("x");
    other.socket.join("y");
    await member.cut();
    running.io.to("y").emit("to another room");
    running.io.except("x").emit("except its room");
    running.io.to("x").except(id).emit("except its id");
    running.io.of("/chat").emit("in another namespace");
    other.socket.emit("to another socket");
    running.io.to(["y", "x"]).except("y").emit("for it 1");
    other.socket.broadcast.emit("for it 2");
    other.socket.to("x").except("y").emit("for it 3");
    await member.comeBack();
    await settled(member);
    expect(withoutOffsets(member.seen)).to.eql([["for it 1"], ["for it 2"], ["for it 3"]]);
  });

  it("receives the events of the rooms that it was in when the connection was cut [79]", async () => {
    const running = await startServer(recovery);
    const member = await connectRecoverable(running);
    member.socket.join("left later");
    await member.cut();
    running.io.to("left later").emit("hello");
    await member.comeBack();
    member.socket.leave("left later");
    await settled(member);
    expect(withoutOffsets(member.seen)).to.eql([["hello"]]);
  });

  it("receives binary data that it missed [79]", async () => {
    const running = await startServer(recovery);
    const member = await connectRecoverable(running);
    await member.cut();
    running.io.emit("binary", Buffer.from([1, 2]), { part: Buffer.from([3]) });
    running.io.emit("text");
    await member.comeBack();
    await settled(member);
    const [[, data, { part }], [text]] = member.seen;
    expect([...data]).to.eql([1, 2]);
    expect([...part]).to.eql([3]);
    expect(text).to.be("text");
  });

  it("does not receive volatile events that it missed [79]", async () => {
    const running = await startServer(recovery);
    const member = await connectRecoverable(running);
    const old = member.socket;
    await member.cut();
    running.io.volatile.emit("volatile");
    old.volatile.emit("volatile to one");
    running.io.emit("lasting");
    await member.comeBack();
    await settled(member);
    expect(withoutOffsets(member.seen)).to.eql([["lasting"]]);
  });

  it("does not receive events with an acknowledgement that it missed [79]", async () => {
    const running = await startServer(recovery);
    const member = await connectRecoverable(running);
    const old = member.socket;
    await member.cut();
    running.io.timeout(5).emit("question to all", () => {});
    old.timeout(5).emit("question to one", () => {});
    running.io.emit("lasting");
    await member.comeBack();
    await settled(member);
    expect(withoutOffsets(member.seen)).to.eql([["lasting"]]);
  });

  it('receives missed events before it emits "connect" [79]', async () => {
    const running = await startServer(recovery);
    const member = await connectRecoverable(running);
    running.io.on("connection", (socket) => socket.emit("welcome back"));
    await member.cut();
    running.io.emit("missed");
    const order: string[] = [];
    member.client.on("missed", () => order.push("missed"));
    member.client.on("connect", () => order.push("connect"));
    member.client.on("welcome back", () => order.push("welcome back"));
    await member.comeBack();
    await eventually(() => order.length === 3);
    expect(order).to.eql(["missed", "connect", "welcome back"]);
  });

  it("can reconnect repeatedly, and receives only newly missed events [79]", async () => {
    const running = await startServer(recovery);
    const member = await connectRecoverable(running);
    const { id } = member.socket;
    member.socket.join("x");
    for (const round of [1, 2, 3]) {
      await member.cut();
      running.io.to("x").emit("missed", round);
      await member.comeBack();
      expect(member.socket.id).to.be(id);
      expect(member.socket.recovered).to.be(true);
    }
    await settled(member);
    expect(withoutOffsets(member.seen)).to.eql([
      ["missed", 1],
      ["missed", 2],
      ["missed", 3],
    ]);
  });

  it("receives the events that were on the way when the connection was cut [79]", async () => {
    const running = await startServer(recovery);
    const member = await connectRecoverable(running);
    const gone = nextEvent(member.socket, "disconnect");
    member.client.io.engine.close();
    running.io.emit("to a closed client");
    await gone;
    await member.comeBack();
    await settled(member);
    expect(withoutOffsets(member.seen)).to.eql([["to a closed client"]]);
  });

  it("is recovered by the client's own reconnection, with each transport [79]", async () => {
    const running = await startServer(recovery);
    for (const transports of [["polling"], ["polling", "websocket"], ["websocket"]]) {
      const { client, socket } = await running.pair("/", { transports, reconnectionDelay: 5 });
      socket.join(`room of ${transports}`);
      const seen = recordEvents(client);
      await settled({ client, socket, seen });
      socket.on("disconnect", () => running.io.to(socket.id).emit("missed"));
      const back = nextValue(running.io, "connection");
      const ready = nextEvent(client, "connect");
      client.io.engine.close();
      const after = await back;
      await ready;
      expect(after.recovered).to.be(true);
      expect(client.recovered).to.be(true);
      expect(after.rooms.has(`room of ${transports}`)).to.be(true);
      await settled({ client, socket: after, seen });
      expect(withoutOffsets(seen)).to.eql([["missed"]]);
    }
  });

  it("is recovered in each namespace separately [78, 79]", async () => {
    const running = await startServer(recovery);
    const main = await connectRecoverable(running, "/", { forceNew: false });
    const chat = await connectRecoverable(running, "/chat", { forceNew: false });
    expect(main.client.io).to.be(chat.client.io);
    main.socket.data.where = "main";
    chat.socket.data.where = "chat";
    const chatLeft = nextEvent(chat.socket, "disconnect");
    await main.cut();
    await chatLeft;
    running.io.emit("missed", "main");
    running.io.of("/chat").emit("missed", "chat");
    const chatIsBack = nextValue(running.io.of("/chat"), "connection");
    // the client's sockets share the connection, and reconnect together
    await main.comeBack();
    chat.socket = await chatIsBack;
    expect([main.socket.recovered, chat.socket.recovered]).to.eql([true, true]);
    expect([main.socket.data.where, chat.socket.data.where]).to.eql(["main", "chat"]);
    await settled(main, chat);
    expect(withoutOffsets(main.seen)).to.eql([["missed", "main"]]);
    expect(withoutOffsets(chat.seen)).to.eql([["missed", "chat"]]);
  });

  it("can send and receive events as before [79]", async () => {
    const running = await startServer(recovery);
    running.io.on("connection", (socket) => {
      socket.on("question", (value, ack) => ack(value + 1));
    });
    const member = await connectRecoverable(running);
    member.client.on("question", (value, ack) => ack(value + 2));
    await member.cut();
    await member.comeBack();
    expect(await member.client.emitWithAck("question", 1)).to.be(2);
    expect(await member.socket.emitWithAck("question", 1)).to.be(3);
    expect(await running.io.timeout(5000).emitWithAck("question", 2)).to.eql([4]);
  });

  it("does not affect new clients [61, 78]", async () => {
    const running = await startServer(recovery);
    const member = await connectRecoverable(running);
    await member.cut();
    running.io.emit("missed");
    const stranger = await connectMember(running);
    expect(stranger.socket.recovered).to.be(false);
    expect(stranger.client.recovered).to.be(false);
    await settled(stranger);
    expect(stranger.seen).to.eql([]);
  });
});
