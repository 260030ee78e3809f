import expect from "expect.js";
import { connectMember, connectMembers, settled } from "../support/members";
import { startServer } from "../support/server";
import { nextEvent } from "../support/waiting";

describe("rooms", () => {
  it("a socket is in the room of its own id from the start [63]", async () => {
    const { socket } = await connectMember(await startServer());
    expect([...socket.rooms]).to.eql([socket.id]);
  });

  it("a socket is in its own room before the connection listeners run [63]", async () => {
    const running = await startServer();
    let rooms: unknown;
    running.io.on("connection", (socket) => {
      rooms = [...socket.rooms].map((room) => room === socket.id);
    });
    await connectMember(running);
    expect(rooms).to.eql([true]);
  });

  it("join() accepts one room, and the rooms keep the order of joining [63]", async () => {
    const { socket } = await connectMember(await startServer());
    socket.join("b");
    socket.join("a");
    expect([...socket.rooms]).to.eql([socket.id, "b", "a"]);
  });

  it("join() accepts several rooms [63]", async () => {
    const { socket } = await connectMember(await startServer());
    socket.join(["a", "b", "a"]);
    expect([...socket.rooms]).to.eql([socket.id, "a", "b"]);
  });

  it("join() with an empty list changes nothing [63]", async () => {
    const { socket } = await connectMember(await startServer());
    socket.join([]);
    expect([...socket.rooms]).to.eql([socket.id]);
  });

  it("joining a room twice has no additional effect [63]", async () => {
    const running = await startServer();
    const member = await connectMember(running);
    member.socket.join("a");
    member.socket.join("a");
    expect(member.socket.rooms.size).to.be(2);
    running.io.to("a").emit("hello");
    await settled(member);
    expect(member.seen).to.eql([["hello"]]);
  });

  it("a room exists as long as it has members [63]", async () => {
    const running = await startServer();
    const [first, second] = await connectMembers(running, 2);
    const { rooms } = running.io.of("/").adapter;
    expect(rooms.has("a")).to.be(false);
    first.socket.join("a");
    second.socket.join("a");
    expect([...rooms.get("a")!]).to.eql([first.socket.id, second.socket.id]);
    first.socket.leave("a");
    expect([...rooms.get("a")!]).to.eql([second.socket.id]);
    second.socket.leave("a");
    expect(rooms.has("a")).to.be(false);
  });

  it("a socket that has left a room no longer receives its events [63]", async () => {
    const running = await startServer();
    const [first, second] = await connectMembers(running, 2);
    first.socket.join("a");
    second.socket.join("a");
    running.io.to("a").emit("one");
    first.socket.leave("a");
    running.io.to("a").emit("two");
    await settled(first, second);
    expect(first.seen).to.eql([["one"]]);
    expect(second.seen).to.eql([["one"], ["two"]]);
  });

  it("leaving a room that was never joined does nothing [63]", async () => {
    const { socket } = await connectMember(await startServer());
    socket.join("a");
    socket.leave("b");
    expect([...socket.rooms]).to.eql([socket.id, "a"]);
  });

  it("a socket can leave its own room, and then does not receive events to its id [63]", async () => {
    const running = await startServer();
    const member = await connectMember(running);
    const { id } = member.socket;
    member.socket.leave(id);
    expect(member.socket.rooms.size).to.be(0);
    running.io.to(id).emit("private");
    running.io.emit("public");
    await settled(member);
    expect(member.seen).to.eql([["public"]]);
  });

  it("an event to the id of a socket reaches this socket only [63, 64]", async () => {
    const running = await startServer();
    const [first, second] = await connectMembers(running, 2);
    running.io.to(first.socket.id).emit("private", 1);
    second.socket.to(first.socket.id).emit("private", 2);
    await settled(first, second);
    expect(first.seen).to.eql([
      ["private", 1],
      ["private", 2],
    ]);
    expect(second.seen).to.eql([]);
  });

  it("rooms with the same name in two namespaces are independent [63]", async () => {
    const running = await startServer();
    const inMain = await connectMember(running);
    const inChat = await connectMember(running, "/chat");
    inMain.socket.join("a");
    inChat.socket.join("a");
    running.io.to("a").emit("hello", "main");
    running.io.of("/chat").to("a").emit("hello", "chat");
    await settled(inMain, inChat);
    expect(inMain.seen).to.eql([["hello", "main"]]);
    expect(inChat.seen).to.eql([["hello", "chat"]]);
  });

  it("the id of a socket can be a room of another socket [63]", async () => {
    const running = await startServer();
    const [first, second] = await connectMembers(running, 2);
    second.socket.join(first.socket.id);
    running.io.to(first.socket.id).emit("hello");
    await settled(first, second);
    expect(first.seen).to.eql([["hello"]]);
    expect(second.seen).to.eql([["hello"]]);
  });

  it("a room may have a number as name, which is different from the string of its digits [63]", async () => {
    const running = await startServer();
    const member = await connectMember(running);
    member.socket.join(7 as never);
    running.io.to("7").emit("to the digits");
    running.io.to(7 as never).emit("to the number");
    await settled(member);
    expect(member.seen).to.eql([["to the number"]]);
  });

  it("a room may have the name of a property of Object.prototype [63]", async () => {
    const running = await startServer();
    const [inside, outside] = await connectMembers(running, 2);
    for (const room of ["__proto__", "constructor", ""]) {
      inside.socket.join(room);
      running.io.to(room).emit("to", room);
    }
    await settled(inside, outside);
    expect(inside.seen).to.eql([
      ["to", "__proto__"],
      ["to", "constructor"],
      ["to", ""],
    ]);
    expect(outside.seen).to.eql([]);
  });
});

describe("the rooms of a socket that disconnects", () => {
  it("still exist in `disconnecting`, and no longer in `disconnect` [51, 63]", async () => {
    const { client, socket } = await connectMember(await startServer());
    socket.join(["a", "b"]);
    let before: string[] = [];
    let connectedBefore: unknown;
    socket.on("disconnecting", () => {
      before = [...socket.rooms];
      connectedBefore = socket.connected;
    });
    const left = nextEvent(socket, "disconnect");
    client.disconnect();
    await left;
    expect(before).to.eql([socket.id, "a", "b"]);
    expect(connectedBefore).to.be(true);
    expect(socket.rooms.size).to.be(0);
  });

  it("can receive events from a `disconnecting` listener [51, 64]", async () => {
    const [leaver, stayer] = await connectMembers(await startServer(), 2);
    leaver.socket.join("a");
    stayer.socket.join("a");
    leaver.socket.on("disconnecting", () => {
      for (const room of leaver.socket.rooms) {
        leaver.socket.to(room).emit("gone from", room);
      }
    });
    const told = nextEvent(stayer.client, "gone from");
    leaver.client.disconnect();
    expect(await told).to.eql(["a"]);
  });

  it("are removed from the adapter [63]", async () => {
    const running = await startServer();
    const { client, socket } = await connectMember(running);
    const { adapter } = running.io.of("/");
    socket.join("a");
    const left = nextEvent(socket, "disconnect");
    client.disconnect();
    await left;
    expect(adapter.rooms.size).to.be(0);
    expect(adapter.sids.size).to.be(0);
    expect(running.io.of("/").sockets.size).to.be(0);
  });

  it("remain empty: join() after the disconnection does nothing [63]", async () => {
    const running = await startServer();
    const { client, socket } = await connectMember(running);
    const { adapter } = running.io.of("/");
    const left = nextEvent(socket, "disconnect");
    client.disconnect();
    await left;
    socket.join("a");
    expect(socket.rooms.size).to.be(0);
    expect(adapter.rooms.size).to.be(0);
    expect(adapter.sids.size).to.be(0);
  });

  it("remain empty if a `disconnect` listener joins a room [63]", async () => {
    const running = await startServer();
    const { client, socket } = await connectMember(running);
    socket.on("disconnect", () => socket.join("too late"));
    const left = nextEvent(socket, "disconnect");
    client.disconnect();
    await left;
    expect(running.io.of("/").adapter.rooms.size).to.be(0);
  });
});

describe("joining before the connection", () => {
  it("a room that is joined in a middleware is kept [49, 63]", async () => {
    const running = await startServer();
    running.io.use((socket, next) => {
      socket.join("early");
      next();
    });
    const member = await connectMember(running);
    expect([...member.socket.rooms]).to.eql(["early", member.socket.id]);
    running.io.to("early").emit("hello");
    await settled(member);
    expect(member.seen).to.eql([["hello"]]);
  });

  it("a socket that a middleware refuses leaves its rooms [49, 63]", async () => {
    const running = await startServer();
    running.io.use((socket, next) => {
      socket.join("early");
      next(new Error("no"));
    });
    const client = running.connect();
    await nextEvent(client, "connect_error");
    expect(running.io.of("/").adapter.rooms.size).to.be(0);
    expect(running.io.of("/").adapter.sids.size).to.be(0);
  });

  it("events to a room do not reach a socket whose middleware is pending [49, 64]", async () => {
    const running = await startServer();
    running.io.use((socket, next) => {
      socket.join("early");
      running.io.to("early").emit("too early");
      running.io.emit("too early");
      next();
    });
    const member = await connectMember(running);
    running.io.to("early").emit("in time");
    await settled(member);
    expect(member.seen).to.eql([["in time"]]);
  });
});
