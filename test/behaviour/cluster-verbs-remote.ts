import expect from "expect.js";
import { stopClock } from "../support/clock";
import { startCluster } from "../support/cluster";
import { answerOf, connectMember, type Member, settled } from "../support/members";
import { HANDSHAKE_MEMBERS } from "../support/public-names";
import type { Running } from "../support/server";
import { eventually, nextEvent, nextValue } from "../support/waiting";

/** Two servers of one cluster, `here` and `there`, with one socket each. */
async function twoServers(): Promise<{ here: Running; there: Running; near: Member; far: Member }> {
  const { nodes } = await startCluster(2);
  const [here, there] = nodes;
  const near = await connectMember(here);
  const far = await connectMember(there, "/", {
    transports: ["websocket"],
    auth: { token: "secret" },
    query: { color: "blue" },
  });
  return { here, there, near, far };
}

async function fetchRemote(here: Running, id: string): Promise<any> {
  const [remote] = await here.io.in(id).fetchSockets();
  return remote;
}

describe("a socket on another server", () => {
  it("has its id, handshake, rooms and data [67]", async () => {
    const { here, far } = await twoServers();
    far.socket.join(["x", "y"]);
    far.socket.data.name = "far";
    const remote = await fetchRemote(here, far.socket.id);
    expect(remote).not.to.be(far.socket);
    expect(remote.id).to.be(far.socket.id);
    expect(remote.rooms).to.be.a(Set);
    expect([...remote.rooms]).to.eql([far.socket.id, "x", "y"]);
    expect(remote.data).to.eql({ name: "far" });
    expect(remote.handshake.auth).to.eql({ token: "secret" });
    expect(remote.handshake.query.color).to.be("blue");
    expect(Object.keys(remote.handshake).sort()).to.eql(HANDSHAKE_MEMBERS);
  });

  it("is a copy, which later changes do not affect [67]", async () => {
    const { here, far } = await twoServers();
    const remote = await fetchRemote(here, far.socket.id);
    far.socket.join("later");
    far.socket.data.later = true;
    expect(remote.rooms.has("later")).to.be(false);
    expect(remote.data).to.eql({});
  });

  it("is in one list with the sockets of this server [67]", async () => {
    const { here, near, far } = await twoServers();
    const sockets: any[] = await here.io.fetchSockets();
    expect(sockets.map(({ id }) => id)).to.eql([near.socket.id, far.socket.id]);
    expect(sockets[0]).to.be(near.socket);
  });

  it("is not in a local list [67, 66]", async () => {
    const { here, near } = await twoServers();
    expect((await here.io.local.fetchSockets()).map(({ id }) => id)).to.eql([near.socket.id]);
  });

  it("receives events [67]", async () => {
    const { here, near, far } = await twoServers();
    const remote = await fetchRemote(here, far.socket.id);
    const came = nextEvent(far.client, "hello");
    expect(remote.emit("hello", 1, Buffer.from([2]))).to.be(true);
    const [one, binary] = await came;
    expect(one).to.be(1);
    expect([...binary]).to.eql([2]);
    await settled(near);
    expect(near.seen).to.eql([]);
  });

  it("answers with its value, not with a list [57, 67]", async () => {
    const { here, far } = await twoServers();
    far.client.on("question", (value, ack) => ack(value * 2));
    const remote = await fetchRemote(here, far.socket.id);
    expect(await remote.timeout(60_000).emitWithAck("question", 2)).to.be(4);
    const args = await new Promise((resolve) => {
      remote.timeout(60_000).emit("question", 3, (...answer: unknown[]) => resolve(answer));
    });
    expect(args).to.eql([null, 6]);
  });

  it("that does not answer in time causes an error without answers [57, 67]", async () => {
    const { here, far } = await twoServers();
    const remote = await fetchRemote(here, far.socket.id);
    const [error, answer] = await new Promise<any[]>((resolve) => {
      remote.timeout(15).emit("question", (...args: unknown[]) => resolve(args));
    });
    expect(error.message).to.be("operation has timed out");
    expect(answer).to.be(null);
  });

  it("can join and leave rooms [67]", async () => {
    const { here, far } = await twoServers();
    const remote = await fetchRemote(here, far.socket.id);
    remote.join("x");
    remote.join(["y", "z"]);
    await eventually(() => far.socket.rooms.size === 4);
    remote.leave("y");
    await eventually(() => far.socket.rooms.size === 3);
    expect([...far.socket.rooms]).to.eql([far.socket.id, "x", "z"]);
  });

  it("can be disconnected from the namespace [67]", async () => {
    const { here, near, far } = await twoServers();
    const remote = await fetchRemote(here, far.socket.id);
    const reason = nextValue(far.socket, "disconnect");
    const told = nextEvent(far.client, "disconnect");
    expect(remote.disconnect()).to.be(remote);
    expect(await reason).to.be("server namespace disconnect");
    expect((await told)[0]).to.be("io server disconnect");
    expect(near.socket.connected).to.be(true);
  });

  it("can be disconnected with its connection [67]", async () => {
    const { here, far } = await twoServers();
    const remote = await fetchRemote(here, far.socket.id);
    const closed = nextEvent(far.client.io, "close");
    remote.disconnect(true);
    await closed;
  });
});

describe("methods that act on a whole cluster", () => {
  it("broadcasts reach the receivers on all servers [64]", async () => {
    const { here, there, near, far } = await twoServers();
    near.socket.join("x");
    far.socket.join(["x", "y"]);
    const last = nextEvent(far.client, "last");
    here.io.to("x").emit("to x");
    here.io.to("x").except("y").emit("to x less y");
    near.socket.to("x").emit("from near");
    here.io.emit("binary", { part: Buffer.from([1]) });
    here.io.emit("last");
    await last;
    await settled(near);
    expect(near.seen.map(([name]) => name)).to.eql(["to x", "to x less y", "binary", "last"]);
    expect(far.seen.map(([name]) => name)).to.eql(["to x", "from near", "binary", "last"]);
    expect([...far.seen[2][1].part]).to.eql([1]);
    expect([...there.io.of("/").adapter.rooms.get("x")!]).to.eql([far.socket.id]);
  });

  it("broadcasts with acknowledgements collect the answers of all servers [57]", async () => {
    const { here, near, far } = await twoServers();
    near.client.on("question", (ack) => ack("near"));
    far.client.on("question", (ack) => ack("far"));
    expect((await here.io.timeout(60_000).emitWithAck("question")).sort()).to.eql(["far", "near"]);
    expect(await near.socket.broadcast.timeout(60_000).emitWithAck("question")).to.eql(["far"]);
  });

  it("broadcasts with acknowledgements that time out return the answers that arrived [57]", async () => {
    const { here, near } = await twoServers();
    const answered = answerOf(near, "near");
    const clock = stopClock();
    const failed = here.io
      .timeout(30)
      .emitWithAck("question")
      .catch((reason: Error) => reason);
    await answered;
    clock.tick(30);
    const error: any = await failed;
    expect(error.message).to.be("operation has timed out");
    expect(error.responses).to.eql(["near"]);
  });

  it("socketsJoin(), socketsLeave() and disconnectSockets() reach the sockets of all servers [68]", async () => {
    const { here, near, far } = await twoServers();
    here.io.socketsJoin(["x", "y"]);
    await eventually(() => far.socket.rooms.has("x"));
    expect([...near.socket.rooms]).to.eql([near.socket.id, "x", "y"]);
    here.io.in("x").except(near.socket.id).socketsLeave("y");
    await eventually(() => !far.socket.rooms.has("y"));
    expect(near.socket.rooms.has("y")).to.be(true);
    const gone = nextEvent(far.client, "disconnect");
    near.socket.to("x").disconnectSockets(true);
    await gone;
    expect(near.socket.connected).to.be(true);
  });

  it("local socketsJoin(), socketsLeave() and disconnectSockets() act on this server only [66, 68]", async () => {
    const { here, there, near, far } = await twoServers();
    here.io.local.socketsJoin("x");
    here.io.local.disconnectSockets();
    // the last message on the bus has arrived, so all earlier messages have arrived too
    there.io.serverSideEmit("mark");
    await nextEvent(here.io, "mark");
    here.io.serverSideEmit("mark");
    await nextEvent(there.io, "mark");
    expect(near.socket.connected).to.be(false);
    expect(far.socket.connected).to.be(true);
    expect(far.socket.rooms.has("x")).to.be(false);
  });
});
