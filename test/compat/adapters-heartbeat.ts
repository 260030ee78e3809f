import expect from "expect.js";
import { MessageType } from "socket.io-adapter";
import { stopClock } from "../support/clock";
import { acquainted, type Cluster, heartbeatAdapter, startCluster } from "../support/cluster";
import { connectMember, settled } from "../support/members";
import { eventually, nextEvent, turn } from "../support/waiting";

/** Servers whose adapters extend npm's ClusterAdapterWithHeartbeat, and know each other. */
async function heartbeatCluster(size: number): Promise<Cluster> {
  const cluster = await startCluster(size, {}, heartbeatAdapter);
  await acquainted(cluster);
  return cluster;
}

const serverCount = ({ nodes }: Cluster) => nodes[0].io.of("/").adapter.serverCount();

describe("adapters that extend npm's ClusterAdapterWithHeartbeat", () => {
  it("discover each other with INITIAL_HEARTBEAT and HEARTBEAT [76]", async () => {
    const cluster = await heartbeatCluster(3);
    expect(cluster.bus.types()).to.eql([MessageType.INITIAL_HEARTBEAT, MessageType.HEARTBEAT]);
    expect(cluster.bus.messages[0].type).to.be(MessageType.INITIAL_HEARTBEAT);
    expect(await serverCount(cluster)).to.be(3);
  });

  it("count the servers of each namespace separately [76]", async () => {
    const cluster = await heartbeatCluster(2);
    cluster.nodes[0].io.of("/chat");
    expect(await cluster.nodes[0].io.of("/chat").adapter.serverCount()).to.be(1);
    cluster.nodes[1].io.of("/chat");
    await acquainted(cluster, "/chat");
  });

  it("send ADAPTER_CLOSE when their server closes [76, 90]", async () => {
    const cluster = await heartbeatCluster(3);
    cluster.bus.messages.length = 0;
    await cluster.nodes[2].io.close();
    expect(cluster.bus.types()).to.eql([MessageType.ADAPTER_CLOSE]);
    await turn();
    expect(await serverCount(cluster)).to.be(2);
  });

  it("send a heartbeat every five seconds, and remove a server that is silent for ten [76]", async () => {
    const clock = stopClock();
    const cluster = await heartbeatCluster(2);
    cluster.bus.messages.length = 0;
    /** Advances the clock second by second. */
    const pass = async (seconds: number) => {
      for (let i = 0; i < seconds; i++) {
        clock.tick(1000);
        await turn();
      }
    };
    await pass(4);
    expect(cluster.bus.messages).to.eql([]);
    await pass(1);
    expect(cluster.bus.messages.map(({ type }) => type)).to.eql([
      MessageType.HEARTBEAT,
      MessageType.HEARTBEAT,
    ]);
    await pass(30);
    expect(await serverCount(cluster)).to.be(2);
    cluster.bus.loses = () => true;
    await pass(9);
    expect(await serverCount(cluster)).to.be(2);
    await pass(3);
    expect(await serverCount(cluster)).to.be(1);
    cluster.bus.loses = () => false;
    await pass(5);
    expect(await serverCount(cluster)).to.be(2);
  });

  it("send heartbeats as configured [76]", async () => {
    const clock = stopClock();
    const cluster = await startCluster(2, {}, (bus) =>
      heartbeatAdapter(bus, { heartbeatInterval: 50, heartbeatTimeout: 300 }),
    );
    await acquainted(cluster);
    cluster.bus.messages.length = 0;
    clock.tick(49);
    await turn();
    expect(cluster.bus.messages).to.eql([]);
    clock.tick(1);
    await turn();
    expect(cluster.bus.types()).to.eql([MessageType.HEARTBEAT]);
    cluster.bus.loses = () => true;
    for (let i = 0; i < 20; i++) {
      clock.tick(100);
      await turn();
    }
    expect(await serverCount(cluster)).to.be(1);
  });

  it("support broadcasts, methods for sockets, and acknowledgements [64, 67, 68, 69, 76]", async () => {
    const cluster = await heartbeatCluster(2);
    const [here, there] = cluster.nodes;
    const near = await connectMember(here);
    const far = await connectMember(there);
    far.client.on("question", (ack) => ack("far"));
    near.client.on("question", (ack) => ack("near"));
    there.io.on("server question", (ack: (answer: string) => void) => ack("server answer"));
    const came = nextEvent(far.client, "hello");
    here.io.emit("hello", Buffer.from([1]));
    expect([...(await came)[0]]).to.eql([1]);
    expect((await here.io.timeout(5000).emitWithAck("question")).sort()).to.eql(["far", "near"]);
    expect((await here.io.fetchSockets()).map(({ id }) => id)).to.eql([near.socket.id, far.socket.id]);
    expect(await here.io.serverSideEmitWithAck("server question")).to.eql(["server answer"]);
    here.io.socketsJoin("x");
    await eventually(() => far.socket.rooms.has("x"));
    here.io.in("x").socketsLeave("x");
    await eventually(() => !far.socket.rooms.has("x"));
    const gone = nextEvent(far.client, "disconnect");
    near.socket.broadcast.disconnectSockets();
    await gone;
    await settled(near);
  });

  it("use all thirteen types of messages [75, 76]", async () => {
    const cluster = await heartbeatCluster(2);
    const [here, there] = cluster.nodes;
    const far = await connectMember(there);
    far.client.on("question", (ack) => ack());
    there.io.on("question", (ack: () => void) => ack());
    await here.io.timeout(5000).emitWithAck("question");
    await here.io.serverSideEmitWithAck("question");
    await here.io.fetchSockets();
    here.io.socketsJoin("x");
    here.io.socketsLeave("x");
    const gone = nextEvent(far.client, "disconnect");
    here.io.disconnectSockets();
    await gone;
    await there.io.close();
    expect(cluster.bus.types()).to.eql([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
  });
});

describe("a request, if servers know each other by heartbeats", () => {
  async function deafCluster(lost: MessageType, lostAnswers: number): Promise<Cluster> {
    const cluster = await heartbeatCluster(3);
    let left = lostAnswers;
    cluster.bus.loses = ({ type }) => type === lost && left-- > 0;
    return cluster;
  }

  it("without a response rejects fetchSockets() after five seconds [76]", async () => {
    for (const missing of [2, 1]) {
      const { nodes } = await deafCluster(MessageType.FETCH_SOCKETS_RESPONSE, missing);
      const clock = stopClock();
      let outcome: any;
      nodes[0].io.fetchSockets().catch((error) => {
        outcome = error;
      });
      for (let i = 0; i < 10; i++) {
        await turn();
      }
      clock.tick(4999);
      await turn();
      expect(outcome).to.be(undefined);
      clock.tick(1);
      await turn();
      expect(outcome).to.be.an(Error);
      expect(outcome.message).to.be(`timeout reached: missing ${missing} responses`);
    }
  });

  it("without a response calls back serverSideEmit() with the acknowledgements that arrived [69, 76]", async () => {
    const { nodes } = await deafCluster(MessageType.SERVER_SIDE_EMIT_RESPONSE, 1);
    for (const { io } of nodes) {
      io.on("question", (ack: (answer: string) => void) => ack("answer"));
    }
    const clock = stopClock();
    const failed = nodes[0].io.serverSideEmitWithAck("question").catch((error: Error) => error);
    for (let i = 0; i < 10; i++) {
      await turn();
    }
    clock.tick(5000);
    const error: any = await failed;
    expect(error.message).to.be("timeout reached: missing 1 responses");
    expect(error.responses).to.eql(["answer"]);
  });

  it("does not wait for a server that has sent ADAPTER_CLOSE meanwhile [76]", async () => {
    const { nodes } = await deafCluster(MessageType.FETCH_SOCKETS_RESPONSE, 2);
    const member = await connectMember(nodes[0]);
    const sockets = nodes[0].io.fetchSockets();
    await turn();
    await Promise.all([nodes[1].io.close(), nodes[2].io.close()]);
    expect((await sockets).map(({ id }) => id)).to.eql([member.socket.id]);
  });
});
