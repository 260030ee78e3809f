import expect from "expect.js";
import { connectMember, settled, threeMembers } from "../support/members";
import { RESERVED_EVENTS } from "../support/public-names";
import { startServer } from "../support/server";

describe("choosing receivers", () => {
  it("without a room, an event is sent to all clients [64]", async () => {
    const { io, a, b, c } = await threeMembers();
    io.emit("hello", 1, { two: [3] }, null);
    await settled(a, b, c);
    for (const member of [a, b, c]) {
      expect(member.seen).to.eql([["hello", 1, { two: [3] }, null]]);
    }
  });

  it("to() one room sends to its members only [64]", async () => {
    const { io, a, b, c } = await threeMembers();
    io.to("x").emit("hello");
    await settled(a, b, c);
    expect([a, b, c].map(({ seen }) => seen.length)).to.eql([1, 1, 0]);
  });

  it("to() several rooms sends to each member once [64]", async () => {
    const { io, a, b, c } = await threeMembers();
    io.to(["x", "y"]).emit("as a list");
    io.to("x").to("y").emit("as a chain");
    io.in("x").in(["y"]).to("x").emit("mixed");
    await settled(a, b, c);
    for (const member of [a, b, c]) {
      expect(member.seen).to.eql([["as a list"], ["as a chain"], ["mixed"]]);
    }
  });

  it("in() is an alias of to() [64]", async () => {
    const { io, a, b, c } = await threeMembers();
    io.in("y").emit("hello");
    await settled(a, b, c);
    expect([a, b, c].map(({ seen }) => seen.length)).to.eql([0, 1, 1]);
  });

  it("except() excludes the members of a room [64]", async () => {
    const { io, a, b, c } = await threeMembers();
    io.except("x").emit("hello");
    await settled(a, b, c);
    expect([a, b, c].map(({ seen }) => seen.length)).to.eql([0, 0, 1]);
  });

  it("except() accepts several rooms, and adds up [64]", async () => {
    const { io, a, b, c } = await threeMembers();
    io.except([a.socket.id, b.socket.id]).emit("as a list");
    io.except(a.socket.id).except(c.socket.id).emit("as a chain");
    await settled(a, b, c);
    expect(a.seen).to.eql([]);
    expect(b.seen).to.eql([["as a chain"]]);
    expect(c.seen).to.eql([["as a list"]]);
  });

  it("except() takes precedence over to(), in any order [64]", async () => {
    const { io, a, b, c } = await threeMembers();
    io.to("x").except("y").emit("one");
    io.except("y").to("x").emit("two");
    await settled(a, b, c);
    expect(a.seen).to.eql([["one"], ["two"]]);
    expect(b.seen).to.eql([]);
    expect(c.seen).to.eql([]);
  });

  it("a room without members has no receivers, and an exception without members excludes none [64]", async () => {
    const { io, a, b, c } = await threeMembers();
    io.to("nobody").emit("lost");
    io.except("nobody").emit("found");
    io.to(["nobody", "x"]).emit("half");
    await settled(a, b, c);
    expect(a.seen).to.eql([["found"], ["half"]]);
    expect(c.seen).to.eql([["found"]]);
  });

  it("to() and except() with an empty list select all clients [64]", async () => {
    const { io, a, b, c } = await threeMembers();
    io.to([]).emit("to");
    io.except([]).emit("except");
    await settled(a, b, c);
    expect(c.seen).to.eql([["to"], ["except"]]);
  });

  it("a chain is immutable: each step returns a new chain [64]", async () => {
    const { io, a, b, c } = await threeMembers();
    const everybody = io.except("nobody");
    const onlyX = everybody.to("x");
    const onlyA = onlyX.except("y");
    const alsoY = onlyX.to("y");
    expect(new Set([everybody, onlyX, onlyA, alsoY, alsoY.volatile, alsoY.local]).size).to.be(6);
    onlyX.emit("x");
    onlyA.emit("x less y");
    alsoY.emit("x and y");
    everybody.emit("all");
    onlyX.emit("x again");
    await settled(a, b, c);
    expect(a.seen).to.eql([["x"], ["x less y"], ["x and y"], ["all"], ["x again"]]);
    expect(b.seen).to.eql([["x"], ["x and y"], ["all"], ["x again"]]);
    expect(c.seen).to.eql([["x and y"], ["all"]]);
  });

  it("a chain can be kept: its receivers are the members of the room when it is used [64]", async () => {
    const { io, a, b, c } = await threeMembers();
    const chain = io.to("z");
    chain.emit("too early");
    a.socket.join("z");
    chain.emit("one");
    c.socket.join("z");
    chain.emit("two");
    await settled(a, b, c);
    expect(a.seen).to.eql([["one"], ["two"]]);
    expect(c.seen).to.eql([["two"]]);
  });

  it("changing a list of rooms later does not change the chain [64]", async () => {
    const { io, a, b, c } = await threeMembers();
    const rooms = ["x"];
    const chain = io.to(rooms);
    rooms.push("y");
    chain.emit("hello");
    await settled(a, b, c);
    expect(c.seen).to.eql([]);
  });
});

describe("a socket that broadcasts", () => {
  it("broadcast selects all other sockets [65]", async () => {
    const { a, b, c } = await threeMembers();
    a.socket.broadcast.emit("hello");
    await settled(a, b, c);
    expect([a, b, c].map(({ seen }) => seen.length)).to.eql([0, 1, 1]);
  });

  it("to() one of its own rooms excludes the socket itself [65]", async () => {
    const { a, b, c } = await threeMembers();
    a.socket.to("x").emit("to");
    a.socket.in("x").emit("in");
    a.socket.broadcast.to("x").emit("broadcast");
    await settled(a, b, c);
    expect(a.seen).to.eql([]);
    expect(b.seen).to.eql([["to"], ["in"], ["broadcast"]]);
    expect(c.seen).to.eql([]);
  });

  it("to() two rooms reaches a socket that is in both of them once [65]", async () => {
    const { a, b, c } = await threeMembers();
    a.socket.to(["x", "y"]).emit("hello");
    a.socket.to("x").to("y").emit("hello");
    await settled(a, b, c);
    expect([a, b, c].map(({ seen }) => seen.length)).to.eql([0, 2, 2]);
  });

  it("except() excludes other sockets in addition to the socket itself [65]", async () => {
    const { a, b, c } = await threeMembers();
    a.socket.except(b.socket.id).emit("one");
    a.socket.broadcast.except("y").emit("two");
    await settled(a, b, c);
    expect(a.seen).to.eql([]);
    expect(b.seen).to.eql([]);
    expect(c.seen).to.eql([["one"]]);
  });

  it("its own id as a room is excluded too [65]", async () => {
    const { a, b, c } = await threeMembers();
    a.socket.to(a.socket.id).emit("to myself");
    await settled(a, b, c);
    expect([a, b, c].map(({ seen }) => seen.length)).to.eql([0, 0, 0]);
  });

  it("local excludes the socket itself [65, 66]", async () => {
    const { a, b, c } = await threeMembers();
    a.socket.local.emit("hello");
    await settled(a, b, c);
    expect([a, b, c].map(({ seen }) => seen.length)).to.eql([0, 1, 1]);
  });

  it("a chain of a socket does not affect the next event of the socket [65]", async () => {
    const { a, b, c } = await threeMembers();
    a.socket.to("y").emit("to y");
    a.socket.emit("to myself");
    await settled(a, b, c);
    expect(a.seen).to.eql([["to myself"]]);
    expect(c.seen).to.eql([["to y"]]);
  });
});

describe("broadcasting", () => {
  it('send() and write() of the server and of a namespace emit "message", and return this [55, 64]', async () => {
    const running = await startServer();
    const inMain = await connectMember(running);
    const inChat = await connectMember(running, "/chat");
    const chat = running.io.of("/chat");
    expect(running.io.send("one")).to.be(running.io);
    expect(running.io.write("two", 2)).to.be(running.io);
    expect(chat.send("three")).to.be(chat);
    expect(chat.write("four")).to.be(chat);
    await settled(inMain, inChat);
    expect(inMain.seen).to.eql([
      ["message", "one"],
      ["message", "two", 2],
    ]);
    expect(inChat.seen).to.eql([
      ["message", "three"],
      ["message", "four"],
    ]);
  });

  it("the server broadcasts in the main namespace only [64]", async () => {
    const running = await startServer();
    const inMain = await connectMember(running);
    const inChat = await connectMember(running, "/chat");
    running.io.emit("main");
    running.io.of("/chat").emit("chat");
    await settled(inMain, inChat);
    expect(inMain.seen).to.eql([["main"]]);
    expect(inChat.seen).to.eql([["chat"]]);
  });

  it("events with different receivers arrive in order [64]", async () => {
    const { io, a, b, c } = await threeMembers();
    io.emit("1");
    a.socket.emit("2");
    b.socket.to("x").emit("3");
    io.to("x").emit("4");
    a.socket.emit("5");
    await settled(a, b, c);
    expect(a.seen).to.eql([["1"], ["2"], ["3"], ["4"], ["5"]]);
  });

  it("binary data arrives complete [64]", async () => {
    const { io, a, b, c } = await threeMembers();
    io.emit("image", { name: "n", parts: [Buffer.from([1, 2]), Buffer.from([3])] }, Buffer.from("x"));
    await settled(a, b, c);
    for (const member of [a, b, c]) {
      const [[event, image, last]] = member.seen;
      expect(event).to.be("image");
      expect(image.parts.map((part: Buffer) => [...part])).to.eql([[1, 2], [3]]);
      expect([...last]).to.eql([...Buffer.from("x")]);
    }
  });

  it("polling clients receive the event as WebSocket clients do [64]", async () => {
    const running = await startServer();
    const polling = await connectMember(running, "/", { transports: ["polling"] });
    const webSocket = await connectMember(running);
    running.io.emit("text", "é€😀");
    running.io.emit("binary", Buffer.from([0, 255]));
    await settled(polling, webSocket);
    for (const { seen } of [polling, webSocket]) {
      expect(seen[0]).to.eql(["text", "é€😀"]);
      expect([...seen[1][1]]).to.eql([0, 255]);
    }
  });

  it("emit() returns true, with or without receivers [64]", async () => {
    const running = await startServer();
    expect(running.io.emit("hello")).to.be(true);
    expect(running.io.to("nobody").emit("hello")).to.be(true);
    expect(running.io.of("/chat").emit("hello")).to.be(true);
  });

  it("reserved names cannot be broadcast, and nothing is sent [54, 64]", async () => {
    const { io, a, b, c } = await threeMembers();
    for (const name of RESERVED_EVENTS) {
      const refused = new RegExp(`^"${name}" is a reserved event name$`);
      expect(() => io.emit(name)).to.throwException(refused);
      expect(() => io.of("/chat").emit(name)).to.throwException(refused);
      expect(() => io.to("x").emit(name)).to.throwException(refused);
      expect(() => a.socket.broadcast.emit(name)).to.throwException(refused);
    }
    await settled(a, b, c);
    expect([a, b, c].map(({ seen }) => seen.length)).to.eql([0, 0, 0]);
  });

  it("the listeners of the namespace do not receive its own broadcasts [64]", async () => {
    const { io, a } = await threeMembers();
    let heard = 0;
    io.on("hello", () => heard++);
    io.emit("hello");
    await settled(a);
    expect(heard).to.be(0);
    expect(a.seen).to.eql([["hello"]]);
  });
});
