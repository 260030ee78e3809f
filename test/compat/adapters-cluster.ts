import expect from "expect.js";
import { type ClusterMessage, type ClusterResponse, MessageType } from "socket.io-adapter";
import { stopClock } from "../support/clock";
import { type Cluster, startCluster } from "../support/cluster";
import { connectMember, type Member, settled } from "../support/members";
import { eventually, nextEvent, turn } from "../support/waiting";

interface TwoServers extends Cluster {
  near: Member;
  far: Member;
}

/** Two servers whose adapters extend npm's ClusterAdapter, with a socket each, and no message yet. */
async function twoServers(): Promise<TwoServers> {
  const cluster = await startCluster(2);
  const near = await connectMember(cluster.nodes[0]);
  const far = await connectMember(cluster.nodes[1]);
  cluster.bus.messages.length = 0;
  return { ...cluster, near, far };
}

/** Resolves with the only message of a type, once it is sent. */
async function message(
  { bus }: Cluster,
  type: MessageType,
): Promise<{ data: any } & (ClusterMessage | ClusterResponse)> {
  const ofType = () => bus.messages.filter((sent) => sent.type === type);
  await eventually(() => ofType().length > 0);
  expect(ofType()).to.have.length(1);
  return ofType()[0] as any;
}

describe("adapters that extend npm's ClusterAdapter exchange", () => {
  it("BROADCAST for an event [75]", async () => {
    const cluster = await twoServers();
    const { nodes, near, far } = cluster;
    near.socket.join("x");
    far.socket.join("x");
    const came = nextEvent(far.client, "hello");
    nodes[0].io.to("x").except("y").compress(true).emit("hello", 1);
    expect(await came).to.eql([1]);
    const { uid, nsp, data } = await message(cluster, MessageType.BROADCAST);
    expect(uid).to.be.a("string");
    expect(nsp).to.be("/");
    expect(data.opts).to.eql({ rooms: ["x"], except: ["y"], flags: { compress: true } });
    expect(data.packet.type).to.be(2);
    expect(data.packet.data).to.eql(["hello", 1]);
    expect(data.requestId).to.be(undefined);
    await settled(near);
    expect(near.seen).to.eql([["hello", 1]]);
  });

  it("no message for a local event, or for an event to one socket [66, 75]", async () => {
    const { bus, nodes, near, far } = await twoServers();
    nodes[0].io.local.emit("hello");
    near.socket.emit("hello");
    near.socket.local.emit("hello");
    await settled(near, far);
    expect(bus.messages).to.eql([]);
  });

  it("SOCKETS_JOIN and SOCKETS_LEAVE [75]", async () => {
    const cluster = await twoServers();
    const { nodes, far } = cluster;
    nodes[0].io.except("z").socketsJoin(["x", "y"]);
    await eventually(() => far.socket.rooms.size === 3);
    nodes[0].io.in("x").socketsLeave("y");
    await eventually(() => far.socket.rooms.size === 2);
    const joined = await message(cluster, MessageType.SOCKETS_JOIN);
    expect(joined.data.opts).to.eql({ rooms: [], except: ["z"], flags: {} });
    expect(joined.data.rooms).to.eql(["x", "y"]);
    const left = await message(cluster, MessageType.SOCKETS_LEAVE);
    expect(left.data.opts).to.eql({ rooms: ["x"], except: [], flags: {} });
    expect(left.data.rooms).to.eql(["y"]);
  });

  it("DISCONNECT_SOCKETS [75]", async () => {
    const cluster = await twoServers();
    const { nodes, near, far } = cluster;
    const gone = nextEvent(far.client, "disconnect");
    nodes[0].io.in(far.socket.id).disconnectSockets(true);
    await gone;
    const { data } = await message(cluster, MessageType.DISCONNECT_SOCKETS);
    expect(data.opts.rooms).to.eql([far.socket.id]);
    expect(data.close).to.be(true);
    expect(near.socket.connected).to.be(true);
  });

  it("FETCH_SOCKETS, and FETCH_SOCKETS_RESPONSE with the data of a socket [67, 75]", async () => {
    const cluster = await twoServers();
    const { nodes, far } = cluster;
    far.socket.data.name = "far";
    await nodes[0].io.except("z").fetchSockets();
    const request = await message(cluster, MessageType.FETCH_SOCKETS);
    expect(request.data.opts).to.eql({ rooms: [], except: ["z"], flags: {} });
    const response = await message(cluster, MessageType.FETCH_SOCKETS_RESPONSE);
    expect(response.data.requestId).to.be(request.data.requestId);
    expect(response.uid).not.to.be(request.uid);
    const [told] = response.data.sockets;
    expect(told.id).to.be(far.socket.id);
    expect(told.rooms).to.eql([far.socket.id]);
    expect(told.data).to.eql({ name: "far" });
    expect(told.handshake.issued).to.be(far.socket.handshake.issued);
    expect(told.handshake.headers.host).to.be(`localhost:${nodes[1].port}`);
  });

  it("a handshake without the data of a session middleware [67, 75]", async () => {
    const cluster = await twoServers();
    const { nodes, far } = cluster;
    // the store of express-session cannot be serialised
    (far.socket.handshake as any).sessionStore = { get() {} };
    (far.socket.handshake as any).session = { user: "far" };
    const [remote]: any[] = await nodes[0].io.in(far.socket.id).fetchSockets();
    expect(remote.handshake.session).to.eql({ user: "far" });
    expect(remote.handshake.sessionStore).to.be(undefined);
  });

  it("SERVER_SIDE_EMIT, and SERVER_SIDE_EMIT_RESPONSE with an acknowledgement [69, 75]", async () => {
    const cluster = await twoServers();
    const { nodes } = cluster;
    nodes[1].io.on("question", (value: number, ack: (answer: number) => void) => ack(value + 1));
    expect(await nodes[0].io.serverSideEmitWithAck("question", 1)).to.eql([2]);
    const request = await message(cluster, MessageType.SERVER_SIDE_EMIT);
    expect(request.data.packet).to.eql(["question", 1]);
    const response = await message(cluster, MessageType.SERVER_SIDE_EMIT_RESPONSE);
    expect(response.data.requestId).to.be(request.data.requestId);
    expect(response.data.packet).to.be(2);
  });

  it("SERVER_SIDE_EMIT without a request id if there is no acknowledgement [69, 75]", async () => {
    const cluster = await twoServers();
    const came = nextEvent(cluster.nodes[1].io, "hello");
    cluster.nodes[0].io.serverSideEmit("hello", 1);
    expect(await came).to.eql([1]);
    const { data } = await message(cluster, MessageType.SERVER_SIDE_EMIT);
    expect(data.packet).to.eql(["hello", 1]);
    expect(data.requestId).to.be(undefined);
  });

  it("BROADCAST_CLIENT_COUNT and BROADCAST_ACK for an event with an acknowledgement [57, 75]", async () => {
    const cluster = await twoServers();
    const { nodes, near, far } = cluster;
    near.client.on("question", (ack) => ack("near"));
    far.client.on("question", (ack) => ack("far", "more"));
    const answers = await nodes[0].io.timeout(5000).emitWithAck("question");
    expect(answers.sort()).to.eql(["far", "near"]);
    const request = await message(cluster, MessageType.BROADCAST);
    expect(request.data.requestId).to.be.a("string");
    expect(request.data.opts.flags).to.eql({ timeout: 5000 });
    const count = await message(cluster, MessageType.BROADCAST_CLIENT_COUNT);
    expect(count.data).to.eql({ requestId: request.data.requestId, clientCount: 1 });
    const answer = await message(cluster, MessageType.BROADCAST_ACK);
    expect(answer.data).to.eql({ requestId: request.data.requestId, packet: "far" });
  });

  it("messages of a namespace within this namespace [75]", async () => {
    const { bus, nodes } = await startCluster(2);
    const inMain = await connectMember(nodes[1]);
    const inChat = await connectMember(nodes[1], "/chat");
    const came = nextEvent(inChat.client, "hello");
    nodes[0].io.of("/chat").emit("hello", "chat");
    expect(await came).to.eql(["chat"]);
    expect(bus.messages.map(({ nsp }) => nsp)).to.eql(["/chat"]);
    await settled(inMain);
    expect(inMain.seen).to.eql([]);
  });

  it("messages about which the outgoing listeners of a socket are notified [59, 75]", async () => {
    const { nodes, far } = await twoServers();
    const outgoing: any[][] = [];
    far.socket.onAnyOutgoing((...event) => outgoing.push(event));
    const came = nextEvent(far.client, "hello");
    nodes[0].io.emit("hello", 1);
    await came;
    expect(outgoing).to.eql([["hello", 1]]);
  });
});

describe("a request to servers that do not answer", () => {
  /** Three servers; the bus loses the responses of some. */
  async function deafCluster(lost: MessageType, lostAnswers: number) {
    const cluster = await startCluster(3);
    await connectMember(cluster.nodes[0]);
    let left = lostAnswers;
    cluster.bus.loses = ({ type }) => type === lost && left-- > 0;
    return cluster;
  }

  /** Waits until the requests are sent, and advances the clock. */
  async function pass(clock: ReturnType<typeof stopClock>, milliseconds: number): Promise<void> {
    for (let i = 0; i < 10; i++) {
      await turn();
    }
    clock.tick(milliseconds);
  }

  it("rejects fetchSockets() after five seconds [75]", async () => {
    for (const [lost, message] of [
      [2, "timeout reached: only 0 responses received out of 2"],
      [1, "timeout reached: only 1 responses received out of 2"],
    ] as const) {
      const { nodes } = await deafCluster(MessageType.FETCH_SOCKETS_RESPONSE, lost);
      const clock = stopClock();
      let outcome: any;
      nodes[0].io.fetchSockets().then(
        (sockets) => {
          outcome = sockets;
        },
        (error) => {
          outcome = error;
        },
      );
      await pass(clock, 4999);
      expect(outcome).to.be(undefined);
      clock.tick(1);
      await turn();
      expect(outcome).to.be.an(Error);
      expect(outcome.message).to.be(message);
    }
  });

  it("rejects fetchSockets() after the given timeout [66, 75]", async () => {
    const { nodes } = await deafCluster(MessageType.FETCH_SOCKETS_RESPONSE, 2);
    const clock = stopClock();
    const failed = nodes[0].io
      .timeout(100)
      .fetchSockets()
      .catch((error: Error) => error);
    await pass(clock, 100);
    expect(((await failed) as Error).message).to.be("timeout reached: only 0 responses received out of 2");
  });

  it("calls back serverSideEmit() after five seconds, with the acknowledgements that arrived [69, 75]", async () => {
    const { nodes } = await deafCluster(MessageType.SERVER_SIDE_EMIT_RESPONSE, 1);
    for (const { io } of nodes) {
      io.on("question", (ack: (answer: string) => void) => ack("answer"));
    }
    const clock = stopClock();
    let outcome: any[] | undefined;
    nodes[0].io.serverSideEmit("question", (...args: any[]) => {
      outcome = args;
    });
    await pass(clock, 4999);
    expect(outcome).to.be(undefined);
    clock.tick(1);
    expect(outcome?.[0]).to.be.an(Error);
    expect(outcome?.[0].message).to.be("timeout reached: only 1 responses received out of 2");
    expect(outcome?.[1]).to.eql(["answer"]);
  });

  it("rejects serverSideEmitWithAck() with the acknowledgements as err.responses [69, 75]", async () => {
    const { nodes } = await deafCluster(MessageType.SERVER_SIDE_EMIT_RESPONSE, 1);
    for (const { io } of nodes) {
      io.on("question", (ack: (answer: string) => void) => ack("answer"));
    }
    const clock = stopClock();
    const failed = nodes[0].io.serverSideEmitWithAck("question").catch((error: Error) => error);
    await pass(clock, 5000);
    const error: any = await failed;
    expect(error.message).to.be("timeout reached: only 1 responses received out of 2");
    expect(error.responses).to.eql(["answer"]);
  });

  it("does not affect the timeout of a broadcast with acknowledgements [57, 75]", async () => {
    const { nodes, bus } = await deafCluster(MessageType.BROADCAST_CLIENT_COUNT, 1);
    const clock = stopClock();
    const failed = nodes[0].io
      .in("x")
      .timeout(20)
      .emitWithAck("question")
      .catch((reason: Error) => reason);
    await eventually(() => bus.types().length === 2);
    clock.tick(20);
    const error: any = await failed;
    expect(error.message).to.be("operation has timed out");
    expect(error.responses).to.eql([]);
    expect(bus.types()).to.eql([MessageType.BROADCAST, MessageType.BROADCAST_CLIENT_COUNT]);
  });
});

describe("a server of a cluster", () => {
  it("counts the other servers while they are connected [72, 75]", async () => {
    const { bus, nodes } = await startCluster(3);
    expect(await nodes[0].io.of("/").adapter.serverCount()).to.be(3);
    await nodes[2].io.close();
    expect(bus.size("/")).to.be(2);
    const member = await connectMember(nodes[1]);
    member.client.on("question", (ack) => ack("answer"));
    expect(await nodes[0].io.timeout(5000).emitWithAck("question")).to.eql(["answer"]);
    expect(await nodes[0].io.fetchSockets()).to.have.length(1);
  });
});
