/** Signals that end the wait for the acknowledgement of one socket. */
import process from "node:process";
import expect from "expect.js";
import { stopClock } from "../support/clock";
import { startGuarded } from "../support/handler-errors";
import { answerOf, connectMember, settled } from "../support/members";
import { ownSuite } from "../support/own-tests";
import { startServer } from "../support/server";
import { expectAbortError, heldQuestion, listenersOf, received, rejection } from "../support/signals";
import { takeUncaught } from "../support/uncaught";
import { eventually, nextEvent, turn } from "../support/waiting";

/** A timeout that no test reaches, in milliseconds. */
const AMPLE = 60_000;

ownSuite("an event to one socket, with a signal", () => {
  async function oneSocket() {
    const running = await startServer();
    const member = await connectMember(running);
    const controller = new AbortController();
    return { ...running, member, socket: member.socket, controller, signal: controller.signal };
  }

  it("is answered as with a timeout, and leaves no listener behind", async () => {
    const { member, socket, signal } = await oneSocket();
    const answer = socket.withSignal(signal).emitWithAck("question");
    expect(listenersOf(signal)).to.be(1);
    await answerOf(member, "promise");
    expect(await answer).to.be("promise");
    expect(listenersOf(signal)).to.be(0);
    const called = new Promise<any[]>((resolve) => {
      socket.withSignal(signal).emit("question", (...args: any[]) => resolve(args));
    });
    await answerOf(member, "callback");
    expect(await called).to.eql([null, "callback"]);
    expect(listenersOf(signal)).to.be(0);
    expect(socket.acks.size).to.be(0);
  });

  it("may have a signal of a polyfill, which calls listeners with another this", async () => {
    const { member, socket } = await oneSocket();
    const listeners = new Set<() => void>();
    const signal = {
      aborted: false,
      reason: new Error("gone"),
      addEventListener: (_type: string, listener: () => void) => listeners.add(listener),
      removeEventListener: (_type: string, listener: () => void) => listeners.delete(listener),
    } as unknown as AbortSignal;
    const asked = heldQuestion(member);
    const rejected = rejection(socket.withSignal(signal).emitWithAck("question"));
    await asked;
    for (const listener of listeners) {
      listener.call({});
    }
    expectAbortError(await rejected, signal.reason);
    expect(listeners.size).to.be(0);
  });

  it("is rejected with an AbortError, and a later answer is ignored", async () => {
    const { member, socket, controller, signal } = await oneSocket();
    const asked = heldQuestion(member);
    const rejected = rejection(socket.withSignal(signal).emitWithAck("question"));
    const answer = await asked;
    const reason = new Error("the user has left the page");
    controller.abort(reason);
    expect(socket.acks.size).to.be(0);
    expect(listenersOf(signal)).to.be(0);
    expectAbortError(await rejected, reason);
    answer("late");
    await received(member);
    expect(socket.connected).to.be(true);
  });

  it("calls its callback with an AbortError, once", async () => {
    const { member, socket, controller, signal } = await oneSocket();
    const asked = heldQuestion(member);
    const calls: unknown[][] = [];
    let self: unknown;
    socket.withSignal(signal).emit("question", function (this: unknown, ...args: unknown[]) {
      self = this;
      calls.push(args);
    });
    const answer = await asked;
    controller.abort();
    answer("late");
    await received(member);
    expect(calls).to.have.length(1);
    expect(calls[0]).to.have.length(1);
    expectAbortError(calls[0][0], signal.reason);
    expect(self).to.be(socket);
  });

  it("has a timeout too, of which nothing is left after an abort", async () => {
    const { socket, controller, signal } = await oneSocket();
    const clock = stopClock();
    const before = clock.running;
    const aborted = rejection(socket.withSignal(signal).timeout(AMPLE).emitWithAck("question"));
    expect(clock.running).to.be(before + 1);
    controller.abort();
    expect((await aborted).code).to.be("ABORT_ERR");
    expect(clock.running).to.be(before);

    const other = new AbortController();
    const late = rejection(socket.timeout(AMPLE).withSignal(other.signal).emitWithAck("question"));
    clock.tick(AMPLE);
    expect((await late).code).to.be("ACK_TIMEOUT");
    expect(listenersOf(other.signal)).to.be(0);
    expect(socket.acks.size).to.be(0);
  });

  it("is not sent if the signal is aborted already", async () => {
    const { member, socket, controller, signal } = await oneSocket();
    controller.abort("too late");
    const ids = socket.nsp._ids;
    const calls: any[][] = [];
    expect(socket.withSignal(signal).emit("question", (...args: any[]) => calls.push(args))).to.be(false);
    expect(calls).to.eql([]);
    expect(socket.withSignal(signal).emit("plain")).to.be(false);
    expectAbortError(await rejection(socket.withSignal(signal).emitWithAck("question")), "too late");
    expectAbortError(calls[0][0], "too late");
    await settled(member);
    expect(member.seen).to.eql([]);
    expect(socket.acks.size).to.be(0);
    expect(socket.nsp._ids).to.be(ids);
    expect(listenersOf(signal)).to.be(0);
  });

  it("is the next event only", async () => {
    const { member, socket, controller, signal } = await oneSocket();
    socket.withSignal(signal).emit("first");
    controller.abort();
    expect(socket.emit("second")).to.be(true);
    await settled(member);
    expect(member.seen).to.eql([["first"], ["second"]]);
  });

  it("fails with SOCKET_DISCONNECTED if the client leaves first", async () => {
    const { member, socket, signal } = await oneSocket();
    const rejected = rejection(socket.withSignal(signal).emitWithAck("question"));
    member.client.disconnect();
    expect((await rejected).code).to.be("SOCKET_DISCONNECTED");
    expect(listenersOf(signal)).to.be(0);
  });

  it("fails once if the failure of another event aborts the signal", async () => {
    const { member, socket, controller, signal } = await oneSocket();
    const calls: string[] = [];
    for (const name of ["first", "second"]) {
      socket.withSignal(signal).emit("question", (error: any) => {
        calls.push(`${name} ${error.code}`);
        controller.abort();
      });
    }
    const left = nextEvent(socket, "disconnect");
    member.client.disconnect();
    await left;
    await eventually(() => calls.length >= 2);
    await turn();
    expect(calls).to.eql(["first SOCKET_DISCONNECTED", "second ABORT_ERR"]);
  });

  it("can be one of very many with the same signal, without a warning", async () => {
    const { member, socket, controller, signal } = await oneSocket();
    const warnings: Error[] = [];
    const warned = (warning: Error) => warnings.push(warning);
    process.on("warning", warned);
    const outcomes = Array.from({ length: 200 }, () =>
      rejection(socket.withSignal(signal).emitWithAck("question")),
    );
    expect(listenersOf(signal)).to.be(1);
    await settled(member);
    controller.abort();
    expect((await Promise.all(outcomes)).every(({ code }) => code === "ABORT_ERR")).to.be(true);
    expect([listenersOf(signal), socket.acks.size]).to.eql([0, 0]);
    process.off("warning", warned);
    expect(warnings).to.eql([]);
  });

  it("fails with each other event of the same signal, even if the callback of one throws", async () => {
    const { socket, controller, signal } = await oneSocket();
    const calls: string[] = [];
    socket.withSignal(signal).emit("question", (error: any) => {
      calls.push(error.code);
      throw new Error("thrown by a callback");
    });
    const rejected = rejection(socket.withSignal(signal).emitWithAck("question"));
    const messages = takeUncaught();
    controller.abort();
    expect((await rejected).code).to.be("ABORT_ERR");
    await eventually(() => messages.length > 0);
    expect([calls, messages]).to.eql([["ABORT_ERR"], ["thrown by a callback"]]);
  });

  it("works with connection state recovery", async () => {
    const running = await startServer({ connectionStateRecovery: {} });
    const member = await connectMember(running);
    const controller = new AbortController();
    const answer = member.socket.withSignal(controller.signal).emitWithAck("question");
    await answerOf(member, "answer");
    expect(await answer).to.be("answer");
    const rejected = rejection(member.socket.withSignal(controller.signal).emitWithAck("question"));
    controller.abort();
    expect((await rejected).code).to.be("ABORT_ERR");
  });

  it("passes an error of its callback to onHandlerError", async () => {
    const { pair, reported, errors } = await startGuarded();
    const { socket } = await pair();
    const controller = new AbortController();
    const fail = (error: any) => {
      throw new Error(`handled ${error.code}`);
    };
    socket.withSignal(controller.signal).emit("question", fail);
    controller.abort();
    socket.withSignal(controller.signal).emit("question", fail);
    await errors(2);
    expect(reported.map(({ error }: any) => error.message)).to.eql([
      "handled ABORT_ERR",
      "handled ABORT_ERR",
    ]);
  });

  it("accepts nothing but an AbortSignal", async () => {
    const { io, socket } = await oneSocket();
    for (const chain of [io, io.of("/chat"), io.to("x"), socket] as any[]) {
      for (const value of [undefined, null, 1000, new AbortController()]) {
        expect(() => chain.withSignal(value)).to.throwException((error: any) => {
          expect(error.code).to.be("INVALID_OPTION");
          expect(error.message).to.match(/^"signal" must be an AbortSignal, got /);
        });
      }
    }
  });
});
