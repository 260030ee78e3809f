/** Signals that end the wait for the acknowledgements of many sockets. */
import { once } from "node:events";
import expect from "expect.js";
import { stopClock } from "../support/clock";
import { connectMember, connectMembers, settled } from "../support/members";
import { ownSuite } from "../support/own-tests";
import { startServer } from "../support/server";
import { expectAbortError, heldQuestion, listenersOf, received, rejection } from "../support/signals";
import type { ServerType, SocketType } from "../support/subject";

/** A timeout that no test reaches, in milliseconds. */
const AMPLE = 60_000;

ownSuite("an event to many sockets, with a signal", () => {
  /** One receiver that answers, and one that holds its answer. */
  async function oneSilent(namespace = "/") {
    const running = await startServer();
    const [answering, silent] = await connectMembers(running, 2, namespace);
    answering.client.on("question", (ack) => ack("answer"));
    const asked = heldQuestion(silent);
    const controller = new AbortController();
    /** Resolves when the server has received the only answer. */
    const partial = async () => {
      await asked;
      await received(answering);
    };
    return { ...running, answering, silent, asked, partial, controller, signal: controller.signal };
  }

  it("is answered as without it, and leaves no listener behind", async () => {
    const { io, answering, signal } = await oneSilent();
    const chain = io.to(answering.socket.id);
    expect(await chain.withSignal(signal).timeout(AMPLE).emitWithAck("question")).to.eql(["answer"]);
    expect(await io.withSignal(signal).to(answering.socket.id).emitWithAck("question")).to.eql(["answer"]);
    expect(listenersOf(signal)).to.be(0);
  });

  const chains: Record<string, (io: ServerType, socket: SocketType, signal: AbortSignal) => any> = {
    "of the server": (io, _socket, signal) => io.withSignal(signal),
    "of a namespace": (io, _socket, signal) => io.of("/").withSignal(signal),
    "of a chain": (io, _socket, signal) => io.except("x").withSignal(signal).timeout(AMPLE),
    "of a chain with a timeout": (io, _socket, signal) => io.timeout(AMPLE).withSignal(signal),
    "of a socket": (_io, socket, signal) => socket.withSignal(signal).broadcast,
  };
  for (const [what, chain] of Object.entries(chains)) {
    it(`${what} is rejected with an AbortError that has the answers so far`, async () => {
      const { io, silent, asked, partial, controller, signal, ...running } = await oneSilent();
      const { socket } = await connectMember({ io, ...running });
      const rejected = rejection(chain(io, socket, signal).except(socket.id).emitWithAck("question"));
      await partial();
      controller.abort();
      expect(silent.socket.acks.size).to.be(0);
      expect(listenersOf(signal)).to.be(0);
      const error = await rejected;
      expectAbortError(error, signal.reason);
      expect(error.responses).to.eql(["answer"]);
      (await asked)("late");
      await received(silent);
      expect(error.responses).to.eql(["answer"]);
    });
  }

  it("calls its callback with an AbortError and the answers so far, once", async () => {
    const { io, silent, asked, partial, controller, signal } = await oneSilent();
    const calls: any[][] = [];
    const chain = io.withSignal(signal);
    let self: unknown;
    expect(
      chain.emit("question", function (this: unknown, ...args: any[]) {
        self = this;
        calls.push(args);
      }),
    ).to.be(true);
    await partial();
    controller.abort("enough");
    (await asked)("late");
    await received(silent);
    expect(calls).to.have.length(1);
    expectAbortError(calls[0][0], "enough");
    expect(calls[0][1]).to.eql(["answer"]);
    expect(self).to.be(chain);
  });

  it("waits without a timeout until all have answered, or until the abort", async () => {
    const { io, asked, signal } = await oneSilent();
    const clock = stopClock();
    const before = clock.running;
    const answers = io.withSignal(signal).emitWithAck("question");
    const answer = await asked;
    expect(clock.running).to.be(before);
    clock.tick(24 * 3_600_000);
    answer("a day later");
    expect((await answers).sort()).to.eql(["a day later", "answer"]);
  });

  it("has a timeout too, of which nothing is left after an abort", async () => {
    const { io, silent, controller, signal } = await oneSilent();
    const clock = stopClock();
    const before = clock.running;
    const aborted = rejection(io.withSignal(signal).timeout(AMPLE).emitWithAck("question"));
    expect(clock.running).to.be(before + 1);
    controller.abort();
    expect((await aborted).code).to.be("ABORT_ERR");
    expect(clock.running).to.be(before);

    const other = new AbortController();
    const late = rejection(io.withSignal(other.signal).timeout(AMPLE).emitWithAck("question"));
    clock.tick(AMPLE);
    expect((await late).code).to.be("ACK_TIMEOUT");
    expect(listenersOf(other.signal)).to.be(0);
    expect(silent.socket.acks.size).to.be(0);
  });

  it("uses the option ackTimeout if it has no timeout", async () => {
    const running = await startServer({ ackTimeout: 5 });
    await connectMember(running);
    const { signal } = new AbortController();
    expect((await rejection(running.io.withSignal(signal).emitWithAck("question"))).code).to.be(
      "ACK_TIMEOUT",
    );
  });

  it("is not sent if the signal is aborted already", async () => {
    const { io, answering, silent, controller, signal } = await oneSilent();
    controller.abort("too late");
    const calls: any[][] = [];
    expect(io.withSignal(signal).emit("question", (...args: any[]) => calls.push(args))).to.be(false);
    expect(calls).to.eql([]);
    expect(io.to("x").withSignal(signal).emit("plain")).to.be(false);
    const error = await rejection(io.withSignal(signal).timeout(AMPLE).emitWithAck("question"));
    expectAbortError(error, "too late");
    expect(error.responses).to.eql([]);
    expect(calls).to.have.length(1);
    await settled(answering, silent);
    expect([...answering.seen, ...silent.seen]).to.eql([]);
    expect(listenersOf(signal)).to.be(0);
  });

  it("is aborted while it is being sent", async () => {
    const { io, answering, silent, controller, signal } = await oneSilent();
    answering.socket.onAnyOutgoing(() => controller.abort());
    const error = await rejection(io.withSignal(signal).emitWithAck("question"));
    expect(error.code).to.be("ABORT_ERR");
    expect(answering.socket.acks.size + silent.socket.acks.size).to.be(0);
    await settled(answering, silent);
  });

  it("leaves nothing behind if it cannot be encoded", async () => {
    const { io, answering, silent, signal } = await oneSilent();
    const clock = stopClock();
    const before = clock.running;
    const error = await rejection(
      io
        .withSignal(signal)
        .timeout(AMPLE)
        .emitWithAck("question", 1n as unknown as number),
    );
    expect(error.code).to.be("UNSERIALIZABLE");
    expect([clock.running, listenersOf(signal)]).to.eql([before, 0]);
    await settled(answering, silent);
  });

  it("to all namespaces of a pattern leaves nothing behind after an abort", async () => {
    const running = await startServer();
    const parent = running.io.of(/^\/workspace-\d$/);
    const first = await connectMember(running, "/workspace-1");
    const second = await connectMember(running, "/workspace-2");
    const controller = new AbortController();
    const asked = heldQuestion(second);
    first.client.on("question", (ack) => ack("answer"));
    const rejected = rejection(parent.withSignal(controller.signal).emitWithAck("question"));
    await asked;
    await received(first);
    expect(second.socket.acks.size).to.be(1);
    controller.abort();
    expect((await rejected).responses).to.eql(["answer"]);
    expect(second.socket.acks.size).to.be(0);
  });

  it("through fetchSockets() asks the sockets of this server", async () => {
    const { io, answering, silent, asked, controller, signal } = await oneSilent();
    const sockets = await io.withSignal(signal).fetchSockets();
    expect(sockets.map(({ id }) => id).sort()).to.eql([answering.socket.id, silent.socket.id].sort());
    const [remote] = await io.in(silent.socket.id).fetchSockets();
    const rejected = rejection(remote.withSignal(signal).emitWithAck("question"));
    await asked;
    controller.abort();
    expectAbortError(await rejected, signal.reason);
    expectAbortError(await rejection(io.in("x").withSignal(signal).fetchSockets()), signal.reason);
  });

  it("ends with a signal of AbortSignal.timeout()", async () => {
    const { io } = await oneSilent();
    const signal = AbortSignal.timeout(5);
    const aborted = once(signal, "abort");
    const error = await rejection(io.withSignal(signal).emitWithAck("question"));
    await aborted;
    expect(error.cause.name).to.be("TimeoutError");
  });
});
