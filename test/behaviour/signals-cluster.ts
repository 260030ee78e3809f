/** Signals that end the wait for answers of other servers. */
import expect from "expect.js";
import { MessageType } from "socket.io-adapter";
import { stopClock } from "../support/clock";
import { startCluster } from "../support/cluster";
import { connectMember } from "../support/members";
import { ownSuite } from "../support/own-tests";
import { heldQuestion, listenersOf, rejection } from "../support/signals";
import { eventually, nextEvent, nextValue, turn } from "../support/waiting";

/** Two servers with a client each. The client of this server answers; the other one answers when the test says so. */
async function twoServers() {
  const cluster = await startCluster(2);
  const near = await connectMember(cluster.nodes[0]);
  const far = await connectMember(cluster.nodes[1]);
  near.client.on("question", (ack) => ack("near"));
  const asked = heldQuestion(far);
  const controller = new AbortController();
  cluster.bus.messages.length = 0;
  const { io } = cluster.nodes[0];
  return { ...cluster, io, near, far, asked, controller, signal: controller.signal };
}

ownSuite("a signal, in a cluster", () => {
  it("does not reach the other servers, and does not affect answers that arrive in time", async () => {
    const { io, bus, asked, signal } = await twoServers();
    const answers = io.withSignal(signal).timeout(60_000).emitWithAck("question");
    (await asked)("far");
    expect((await answers).sort()).to.eql(["far", "near"]);
    expect(listenersOf(signal)).to.be(0);
    const sent: any = bus.messages.find(({ type }) => type === MessageType.BROADCAST);
    expect(Reflect.ownKeys(sent.data.opts.flags)).to.eql(["timeout"]);
  });

  it("ends the wait for the answers of clients of other servers; later ones are ignored", async () => {
    const { io, bus, near, far, asked, controller, signal } = await twoServers();
    const rejected = rejection(io.withSignal(signal).timeout(60_000).emitWithAck("question"));
    const answer = await asked;
    await eventually(() => near.socket.acks.size === 0);
    controller.abort("enough");
    const error = await rejected;
    expect([error.code, error.cause, error.responses]).to.eql(["ABORT_ERR", "enough", ["near"]]);
    answer("late");
    const isAnswered = () => bus.messages.some(({ type }) => type === MessageType.BROADCAST_ACK);
    await eventually(isAnswered);
    await turn();
    await turn();
    expect(error.responses).to.eql(["near"]);
    expect(far.socket.acks.size).to.be(0);
  });

  it("without a timeout, ends the wait for other servers too, which takes longer than a moment", async () => {
    const { io, near, asked, signal } = await twoServers();
    const clock = stopClock();
    const answers = io.withSignal(signal).emitWithAck("question");
    const answer = await asked;
    await eventually(() => near.socket.acks.size === 0);
    clock.tick(59_000);
    answer("far");
    expect((await answers).sort()).to.eql(["far", "near"]);
  });

  it("ends the wait for the answer of one client of another server", async () => {
    const { io, far, asked, controller, signal } = await twoServers();
    const [remote] = await io.in(far.socket.id).withSignal(signal).fetchSockets();
    const answered = remote.withSignal(signal).emitWithAck("question");
    (await asked)("far");
    expect(await answered).to.be("far");
    const rejected = rejection(remote.timeout(60_000).withSignal(signal).emitWithAck("question"));
    await nextEvent(far.client, "question");
    controller.abort();
    const error = await rejected;
    expect([error.code, error.responses]).to.eql(["ABORT_ERR", null]);
    expect(listenersOf(signal)).to.be(0);
  });

  it("rejects fetchSockets(), and ignores the responses of other servers", async () => {
    const { io, bus, controller, signal } = await twoServers();
    bus.loses = ({ type }) => type === MessageType.FETCH_SOCKETS_RESPONSE;
    const rejected = rejection(io.of("/").withSignal(signal).fetchSockets());
    await eventually(() => bus.types().includes(MessageType.FETCH_SOCKETS_RESPONSE));
    expect(listenersOf(signal)).to.be(1);
    controller.abort("enough");
    expect((await rejected).cause).to.be("enough");
    expect(listenersOf(signal)).to.be(0);
  });

  it("is no longer listened to when fetchSockets() has failed", async () => {
    const { io, bus, signal } = await twoServers();
    bus.loses = ({ type }) => type === MessageType.FETCH_SOCKETS_RESPONSE;
    const clock = stopClock();
    const rejected = rejection(io.withSignal(signal).fetchSockets());
    await eventually(() => bus.types().includes(MessageType.FETCH_SOCKETS_RESPONSE));
    clock.tick(5_000);
    expect((await rejected).message).to.match(/^timeout reached/);
    expect(listenersOf(signal)).to.be(0);
  });

  it("does not affect serverSideEmitWithAck() whose responses arrive in time", async () => {
    const { io, nodes, signal } = await twoServers();
    nodes[1].io.on("ping", (value: number, ack: (answer: number) => void) => ack(value + 1));
    expect(await io.withSignal(signal).serverSideEmitWithAck("ping", 1)).to.eql([2]);
    const args = await new Promise<any[]>((resolve) => {
      io.of("/")
        .withSignal(signal)
        .serverSideEmit("ping", 2, (...answer: any[]) => resolve(answer));
    });
    expect(args).to.eql([null, [3]]);
    expect(listenersOf(signal)).to.be(0);
    const came = nextValue(nodes[1].io, "news");
    expect(io.withSignal(signal).serverSideEmit("news", "text")).to.be(true);
    expect(await came).to.be("text");
  });

  it("rejects serverSideEmitWithAck(), and ignores the responses of other servers", async () => {
    const { io, nodes, bus, controller, signal } = await twoServers();
    const asked = nextValue(nodes[1].io, "ping");
    const rejected = rejection(io.withSignal(signal).serverSideEmitWithAck("ping"));
    const calls: any[][] = [];
    io.withSignal(signal).serverSideEmit("ping", (...args: any[]) => calls.push(args));
    const answer = await asked;
    expect(listenersOf(signal)).to.be(1);
    controller.abort("enough");
    const error = await rejected;
    expect([error.name, error.code, error.cause]).to.eql(["AbortError", "ABORT_ERR", "enough"]);
    expect(error.responses).to.eql([]);
    answer("late");
    await eventually(() => bus.types().includes(MessageType.SERVER_SIDE_EMIT_RESPONSE));
    await turn();
    await turn();
    expect(calls).to.have.length(1);
    expect([calls[0][0].code, calls[0][1]]).to.eql(["ABORT_ERR", []]);
    expect(listenersOf(signal)).to.be(0);
  });

  it("that is aborted already sends nothing to other servers", async () => {
    const { io, bus, controller, signal } = await twoServers();
    controller.abort("too late");
    const calls: any[][] = [];
    const chain = io.withSignal(signal);
    expect(chain.serverSideEmit("ping", (...args: any[]) => calls.push(args))).to.be(false);
    expect(chain.serverSideEmit("ping")).to.be(false);
    expect(calls).to.eql([]);
    for (const promise of [
      chain.serverSideEmitWithAck("ping"),
      chain.fetchSockets(),
      chain.emitWithAck("question"),
      chain.emitWithAckIterator("question").next(),
    ]) {
      const error = await rejection(promise);
      expect([error.code, error.cause]).to.eql(["ABORT_ERR", "too late"]);
    }
    expect(calls).to.have.length(1);
    expect(calls[0][0].code).to.be("ABORT_ERR");
    expect(() => chain.serverSideEmit("connection")).to.throwException(/reserved event name/);
    expect(bus.messages).to.eql([]);
    expect(listenersOf(signal)).to.be(0);
  });
});
