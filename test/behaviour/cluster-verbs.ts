import expect from "expect.js";
import { connectMember, type Member, settled, threeMembers } from "../support/members";
import { startServer } from "../support/server";
import { nextEvent, nextValue } from "../support/waiting";

/** The names of the members that are in the list. */
function namesIn(list: { id: string }[], members: Record<string, Member>): string {
  return Object.keys(members)
    .filter((name) => list.some(({ id }) => id === members[name].socket.id))
    .join("");
}

describe("fetchSockets()", () => {
  it("returns all sockets of the server or of a namespace [67]", async () => {
    const { io, connect, a, b, c } = await threeMembers();
    const other = connect("/chat");
    const inChat = await nextValue(io.of("/chat"), "connection");
    const sockets = await io.fetchSockets();
    expect(sockets).to.be.an("array");
    expect(sockets).to.have.length(3);
    expect(namesIn(sockets, { a, b, c })).to.be("abc");
    expect((await io.of("/chat").fetchSockets()).map(({ id }) => id)).to.eql([inChat.id]);
    other.disconnect();
  });

  it("returns each socket of the chosen rooms once [67]", async () => {
    const { io, a, b, c } = await threeMembers();
    const of = async (chain: { fetchSockets(): Promise<{ id: string }[]> }) => {
      const sockets = await chain.fetchSockets();
      expect(new Set(sockets.map(({ id }) => id)).size).to.be(sockets.length);
      return namesIn(sockets, { a, b, c });
    };
    expect(await of(io.in("x"))).to.be("ab");
    expect(await of(io.to(["x", "y"]))).to.be("abc");
    expect(await of(io.in("x").except("y"))).to.be("a");
    expect(await of(io.except(a.socket.id))).to.be("bc");
    expect(await of(io.in("nobody"))).to.be("");
    expect(await of(io.local)).to.be("abc");
    expect(await of(a.socket.in("x"))).to.be("b");
    expect(await of(a.socket.broadcast)).to.be("bc");
  });

  it("returns the socket objects themselves for sockets of this server [67]", async () => {
    const { io, a } = await threeMembers();
    const [socket] = await io.in(a.socket.id).fetchSockets();
    expect(socket).to.be(a.socket);
  });

  it("excludes sockets that have disconnected [67]", async () => {
    const { io, a, b, c } = await threeMembers();
    const left = nextEvent(a.socket, "disconnect");
    a.client.disconnect();
    await left;
    expect(namesIn(await io.fetchSockets(), { a, b, c })).to.be("bc");
  });

  it("excludes sockets whose middleware is pending [67]", async () => {
    const running = await startServer();
    let during: unknown;
    running.io.use(async (_socket, next) => {
      during = await running.io.fetchSockets();
      next();
    });
    await connectMember(running);
    expect(during).to.eql([]);
    expect(await running.io.fetchSockets()).to.have.length(1);
  });
});

describe("socketsJoin() and socketsLeave()", () => {
  it("make all sockets join a room, and leave it [68]", async () => {
    const { io, a, b, c } = await threeMembers();
    expect(io.socketsJoin("z")).to.be(undefined);
    expect([a, b, c].map(({ socket }) => socket.rooms.has("z"))).to.eql([true, true, true]);
    expect(io.socketsLeave("z")).to.be(undefined);
    expect([a, b, c].map(({ socket }) => socket.rooms.has("z"))).to.eql([false, false, false]);
  });

  it("accept several rooms [68]", async () => {
    const { io, a } = await threeMembers();
    io.socketsJoin(["z1", "z2"]);
    expect([...a.socket.rooms]).to.eql([a.socket.id, "x", "z1", "z2"]);
    io.socketsLeave(["z1", "x"]);
    expect([...a.socket.rooms]).to.eql([a.socket.id, "z2"]);
  });

  it("act on the chosen sockets only [68]", async () => {
    const { io, a, b, c } = await threeMembers();
    io.in("x").socketsJoin("from x");
    io.in("x").except("y").socketsJoin("from x less y");
    a.socket.to("x").socketsJoin("from x less a");
    io.of("/").in(c.socket.id).socketsJoin("only c");
    const own = ({ socket }: Member) => [...socket.rooms].slice(1);
    expect(own(a)).to.eql(["x", "from x", "from x less y"]);
    expect(own(b)).to.eql(["x", "y", "from x", "from x less a"]);
    expect(own(c)).to.eql(["y", "only c"]);
    io.in("y").socketsLeave("y");
    expect(own(b)).to.eql(["x", "from x", "from x less a"]);
    expect(own(c)).to.eql(["only c"]);
    expect(io.of("/").adapter.rooms.has("y")).to.be(false);
  });

  it("take effect at once [68]", async () => {
    const { io, a, b, c } = await threeMembers();
    io.in("x").socketsJoin("z");
    io.to("z").emit("hello");
    io.in("z").socketsLeave("z");
    io.to("z").emit("nobody hears this");
    await settled(a, b, c);
    expect([a, b, c].map(({ seen }) => seen)).to.eql([[["hello"]], [["hello"]], []]);
  });

  it("act on the sockets of their namespace [68]", async () => {
    const running = await startServer();
    const inMain = await connectMember(running);
    const inChat = await connectMember(running, "/chat");
    running.io.of("/chat").socketsJoin("z");
    expect(inMain.socket.rooms.has("z")).to.be(false);
    expect(inChat.socket.rooms.has("z")).to.be(true);
  });
});

describe("disconnectSockets()", () => {
  it("disconnects all sockets from the namespace, and does not close the connections [68]", async () => {
    const running = await startServer();
    const manager = { forceNew: false, multiplex: true };
    const inMain = await connectMember(running, "/", manager);
    const inChat = await connectMember(running, "/chat", manager);
    expect(inMain.client.io).to.be(inChat.client.io);
    const told = nextEvent(inMain.client, "disconnect");
    const reason = nextValue(inMain.socket, "disconnect");
    expect(running.io.disconnectSockets()).to.be(undefined);
    expect(await reason).to.be("server namespace disconnect");
    expect((await told)[0]).to.be("io server disconnect");
    expect(inMain.socket.connected).to.be(false);
    running.io.of("/chat").emit("still here");
    await settled(inChat);
    expect(inChat.seen).to.eql([["still here"]]);
  });

  it("closes the connections too if its argument is true [68]", async () => {
    const running = await startServer();
    const manager = { forceNew: false, multiplex: true };
    const inMain = await connectMember(running, "/", manager);
    const inChat = await connectMember(running, "/chat", manager);
    const closed = Promise.all([
      nextEvent(inMain.client, "disconnect"),
      nextEvent(inChat.client, "disconnect"),
    ]);
    const reason = nextValue(inChat.socket, "disconnect");
    const engineClosed = nextEvent(inMain.client.io, "close");
    running.io.of("/").disconnectSockets(true);
    expect(await reason).to.be("server namespace disconnect");
    expect((await closed).map(([why]) => why)).to.eql(["io server disconnect", "io server disconnect"]);
    await engineClosed;
    expect(inChat.socket.connected).to.be(false);
  });

  it("acts on the chosen sockets only [68]", async () => {
    const { io, a, b, c } = await threeMembers();
    const gone = nextEvent(a.client, "disconnect");
    io.in("x").except("y").disconnectSockets();
    await gone;
    await settled(b, c);
    expect([a, b, c].map(({ socket }) => socket.connected)).to.eql([false, true, true]);
    const alsoGone = nextEvent(c.client, "disconnect");
    b.socket.broadcast.disconnectSockets(true);
    await alsoGone;
    await settled(b);
    expect([a, b, c].map(({ socket }) => socket.connected)).to.eql([false, true, false]);
  });

  it("does not drop events that were emitted before [68]", async () => {
    const { io, a } = await threeMembers();
    const gone = nextEvent(a.client, "disconnect");
    io.emit("farewell");
    io.disconnectSockets(true);
    await gone;
    expect(a.seen).to.eql([["farewell"]]);
  });
});

describe("allSockets()", () => {
  it("returns the ids of all sockets, or of those in the rooms [70]", async () => {
    const { io, a, b, c } = await threeMembers();
    const all = await io.allSockets();
    expect(all).to.be.a(Set);
    expect([...all]).to.eql([a.socket.id, b.socket.id, c.socket.id]);
    expect([...(await io.of("/").in("x").allSockets())]).to.eql([a.socket.id, b.socket.id]);
    expect([...(await io.in(["x", "y"]).allSockets())]).to.eql([...all]);
    expect([...(await io.of("/chat").allSockets())]).to.eql([]);
    expect([...(await io.in("nobody").allSockets())]).to.eql([]);
  });

  it("considers rooms only, not exceptions [70]", async () => {
    const { io, a, b } = await threeMembers();
    expect([...(await io.in("x").except("y").allSockets())]).to.eql([a.socket.id, b.socket.id]);
  });
});
