import expect from "expect.js";
import { stopClock } from "../support/clock";
import { connectMember, connectMembers, type Member, settled } from "../support/members";
import { startServer } from "../support/server";
import { eventually, nextEvent, roundTrip } from "../support/waiting";

/** A timeout that no test reaches, in milliseconds. */
const AMPLE = 60_000;
/** A timeout for acknowledgements that never arrive, in milliseconds. */
const SHORT = 15;

type Outcome = { error: any; responses: any; calls: number };

/** Calls `emit` with an acknowledgement, and resolves with its arguments. */
function outcomeOf(emit: (ack: (error: any, responses: any) => void) => void): Promise<Outcome> {
  return new Promise((resolve) => {
    const outcome = { error: undefined, responses: undefined, calls: 0 };
    emit((error, responses) => {
      outcome.calls++;
      resolve(Object.assign(outcome, { error, responses }));
    });
  });
}

/** Each client acknowledges "question" with its value. */
function answerWith(members: Member[], ...answers: unknown[]): void {
  members.forEach(({ client }, index) => {
    client.on("question", (...args: any[]) => args.pop()(answers[index]));
  });
}

describe("a broadcast with an acknowledgement", () => {
  it("collects one answer from each receiver [57]", async () => {
    const running = await startServer();
    const members = await connectMembers(running, 3);
    answerWith(members, 1, { two: 2 }, null);
    const { error, responses } = await outcomeOf((ack) => running.io.timeout(AMPLE).emit("question", ack));
    expect(error).to.be(null);
    expect(responses).to.have.length(3);
    expect(responses).to.contain(1);
    expect(responses).to.contain(null);
    expect(responses.find((response: any) => response?.two)).to.eql({ two: 2 });
  });

  it("collects the answers in order of arrival [57]", async () => {
    const running = await startServer();
    const [first, second] = await connectMembers(running, 2);
    let answerLate: (answer: string) => void = () => {};
    first.client.on("question", (ack) => {
      answerLate = ack;
    });
    second.client.on("question", (ack) => ack("early"));
    const outcome = outcomeOf((ack) => running.io.timeout(AMPLE).emit("question", ack));
    await settled(first, second);
    second.socket.on("round trip", (ack: any) => ack());
    await roundTrip(second.client);
    answerLate("late");
    expect((await outcome).responses).to.eql(["early", "late"]);
  });

  it("passes the arguments without the acknowledgement [57]", async () => {
    const running = await startServer();
    const { client } = await connectMember(running);
    client.on("question", (...args: any[]) => {
      const ack = args.pop();
      ack(args);
    });
    const { responses } = await outcomeOf((ack) => running.io.timeout(AMPLE).emit("question", 1, "a", ack));
    expect(responses).to.eql([[1, "a"]]);
  });

  it("uses the first value of each answer [57]", async () => {
    const running = await startServer();
    const { client } = await connectMember(running);
    client.on("question", (ack) => ack("first", "second"));
    const { responses } = await outcomeOf((ack) => running.io.timeout(AMPLE).emit("question", ack));
    expect(responses).to.eql(["first"]);
  });

  it("counts an empty answer as an answer [57]", async () => {
    const running = await startServer();
    const { client } = await connectMember(running);
    client.on("question", (ack) => ack());
    const { error, responses } = await outcomeOf((ack) => running.io.timeout(AMPLE).emit("question", ack));
    expect(error).to.be(null);
    expect(responses).to.eql([undefined]);
  });

  it("is answered at once with an empty list if it has no receivers [57]", async () => {
    const { io } = await startServer();
    const { error, responses } = await outcomeOf((ack) => io.to("x").timeout(AMPLE).emit("question", ack));
    expect(error).to.be(null);
    expect(responses).to.eql([]);
    expect(await io.timeout(AMPLE).emitWithAck("question")).to.eql([]);
  });

  it("asks the chosen receivers only [57, 64]", async () => {
    const running = await startServer();
    const members = await connectMembers(running, 3);
    answerWith(members, "a", "b", "c");
    const [a, b] = members;
    a.socket.join("x");
    b.socket.join("x");
    expect(await running.io.to("x").except(b.socket.id).timeout(AMPLE).emitWithAck("question")).to.eql(["a"]);
    expect(await a.socket.to("x").timeout(AMPLE).emitWithAck("question")).to.eql(["b"]);
    const others = await b.socket.broadcast.timeout(AMPLE).emitWithAck("question");
    expect(others.sort()).to.eql(["a", "c"]);
    expect(await a.socket.timeout(AMPLE).to("x").emitWithAck("question")).to.eql(["b"]);
  });

  it("works in any namespace [57]", async () => {
    const running = await startServer();
    const member = await connectMember(running, "/chat");
    answerWith([member], "from chat");
    expect(await running.io.of("/chat").timeout(AMPLE).emitWithAck("question")).to.eql(["from chat"]);
    expect(await running.io.timeout(AMPLE).emitWithAck("question")).to.eql([]);
  });

  it("carries binary data in both directions [57]", async () => {
    const running = await startServer();
    const { client } = await connectMember(running);
    client.on("question", (data: Buffer, ack) => ack(Buffer.concat([data, Buffer.from([3])])));
    const [answer] = await running.io.timeout(AMPLE).emitWithAck("question", Buffer.from([1, 2]));
    expect([...answer]).to.eql([1, 2, 3]);
  });

  it("calls the acknowledgement once, on the chain with which it was emitted [57]", async () => {
    const running = await startServer();
    const member = await connectMember(running);
    const acks: (() => void)[] = [];
    member.client.on("question", (ack) => {
      acks.push(ack);
      ack();
    });
    const chain = running.io.timeout(AMPLE);
    let self: unknown;
    let calls = 0;
    await new Promise<void>((resolve) => {
      chain.emit("question", function (this: unknown) {
        self = this;
        calls++;
        resolve();
      });
    });
    acks[0]();
    member.socket.on("round trip", (ack: any) => ack());
    await roundTrip(member.client);
    expect(calls).to.be(1);
    expect(self).to.be(chain);
  });

  it("does not mix up the answers of two broadcasts [57]", async () => {
    const running = await startServer();
    const members = await connectMembers(running, 2);
    for (const { client } of members) {
      client.on("question", (value, ack) => ack(value));
    }
    const results = await Promise.all([
      running.io.timeout(AMPLE).emitWithAck("question", 1),
      running.io.timeout(AMPLE).emitWithAck("question", 2),
      running.io.to(members[0].socket.id).timeout(AMPLE).emitWithAck("question", 3),
    ]);
    expect(results).to.eql([[1, 1], [2, 2], [3]]);
  });

  it("does not affect the acknowledgements of single sockets [57]", async () => {
    const running = await startServer();
    const members = await connectMembers(running, 2);
    for (const { client } of members) {
      client.on("question", (value, ack) => ack(value));
    }
    const results = await Promise.all([
      members[0].socket.emitWithAck("question", "single"),
      running.io.timeout(AMPLE).emitWithAck("question", "many"),
      members[1].socket.emitWithAck("question", "other single"),
    ]);
    expect(results).to.eql(["single", ["many", "many"], "other single"]);
  });

  it("emitWithAck() is a method of a chain, not of the server or a namespace [56, 57]", async () => {
    const { io } = await startServer();
    expect((io as any).emitWithAck).to.be(undefined);
    expect((io.of("/chat") as any).emitWithAck).to.be(undefined);
    expect(io.to("x").emitWithAck).to.be.a("function");
  });

  it("emitWithAck() rejects reserved names [54, 57]", async () => {
    const { io } = await startServer();
    const error = await io
      .timeout(AMPLE)
      .emitWithAck("connect")
      .catch((reason: Error) => reason);
    expect(error.message).to.be('"connect" is a reserved event name');
  });
});

describe("a broadcast that not all receivers answer in time", () => {
  /** One receiver that answers "question", and one that does not. */
  async function oneSilent() {
    const running = await startServer();
    const [answering, silent] = await connectMembers(running, 2);
    answerWith([answering], "answer");
    const clock = stopClock();
    /** Advances the clock beyond the timeout, once one of the two has answered. */
    const answered = async () => {
      await eventually(() => answering.socket.acks.size === 0);
      clock.tick(SHORT);
    };
    return { ...running, answering, silent, clock, answered };
  }

  it("fails with the answers that arrived [57]", async () => {
    const { io, answered } = await oneSilent();
    const outcome = outcomeOf((ack) => io.timeout(SHORT).emit("question", ack));
    await answered();
    const { error, responses } = await outcome;
    expect(error).to.be.an(Error);
    expect(error.message).to.be("operation has timed out");
    expect(responses).to.eql(["answer"]);
  });

  it("rejects with the answers that arrived, as err.responses [57]", async () => {
    const { io, answered } = await oneSilent();
    const rejected = io
      .timeout(SHORT)
      .emitWithAck("question")
      .catch((reason: Error) => reason);
    await answered();
    const error = await rejected;
    expect(error).to.be.an(Error);
    expect(error.message).to.be("operation has timed out");
    expect(error.responses).to.eql(["answer"]);
  });

  it("fails at the first opportunity, without answers, if it has no timeout [57]", async () => {
    const { io, clock } = await oneSilent();
    const outcome = outcomeOf((ack) => io.emit("nobody listens", ack));
    clock.tick(1);
    const { error, responses } = await outcome;
    expect(error.message).to.be("operation has timed out");
    expect(responses).to.eql([]);
  });

  it("fails if a receiver disconnects before it answers [57]", async () => {
    const { io, silent, answered } = await oneSilent();
    const outcome = outcomeOf((ack) => io.timeout(SHORT).emit("question", ack));
    const left = nextEvent(silent.socket, "disconnect");
    silent.client.disconnect();
    await left;
    await answered();
    const { error, responses } = await outcome;
    expect(error.message).to.be("operation has timed out");
    expect(responses).to.eql(["answer"]);
  });

  it("leaves no pending acknowledgement behind when it fails [58]", async () => {
    const { io, silent, clock } = await oneSilent();
    let pendingThen: number | undefined;
    let pendingBefore: number | undefined;
    await new Promise<void>((resolve) => {
      io.timeout(SHORT).emit("question", () => {
        pendingThen = (silent.socket as any).acks.size;
        resolve();
      });
      pendingBefore = (silent.socket as any).acks.size;
      clock.tick(SHORT);
    });
    expect(pendingBefore).to.be(1);
    expect(pendingThen).to.be(0);
  });

  it("leaves no pending acknowledgement behind when all have answered [58]", async () => {
    const { io, answering } = await oneSilent();
    await io.to(answering.socket.id).timeout(AMPLE).emitWithAck("question");
    expect((answering.socket as any).acks.size).to.be(0);
  });

  it("ignores an answer that arrives too late [58]", async () => {
    const { io, silent, answered } = await oneSilent();
    let answerLate: (answer: string) => void = () => {};
    const asked = new Promise<void>((resolve) => {
      silent.client.on("question", (ack) => {
        answerLate = ack;
        resolve();
      });
    });
    const timedOut = outcomeOf((ack) => io.timeout(SHORT).emit("question", ack));
    await asked;
    await answered();
    const outcome = await timedOut;
    answerLate("late");
    silent.socket.on("round trip", (ack: any) => ack());
    await roundTrip(silent.client);
    expect(outcome.calls).to.be(1);
    expect(outcome.responses).to.eql(["answer"]);
    expect((silent.socket as any).acks.size).to.be(0);
  });

  it("does not wait for a receiver that joins the room later [57]", async () => {
    const running = await startServer();
    const [first, second] = await connectMembers(running, 2);
    answerWith([first, second], "first", "second");
    first.socket.join("x");
    const outcome = outcomeOf((ack) => running.io.to("x").timeout(AMPLE).emit("question", ack));
    second.socket.join("x");
    expect((await outcome).responses).to.eql(["first"]);
  });

  it("does not receive an answer from a busy receiver if it is volatile [57, 66]", async () => {
    const { io, answering, silent, clock } = await oneSilent();
    answering.socket.emit("in flight");
    const outcome = outcomeOf((ack) =>
      io.to(answering.socket.id).volatile.timeout(SHORT).emit("question", ack),
    );
    clock.tick(SHORT);
    const { error, responses } = await outcome;
    expect(error.message).to.be("operation has timed out");
    expect(responses).to.eql([]);
    await settled(answering, silent);
    expect(answering.seen).to.eql([["in flight"]]);
    await eventually(() => (answering.socket as any).acks.size === 0);
  });

  it("does not fail for a receiver that has disconnected before [57]", async () => {
    const { io, silent } = await oneSilent();
    const left = nextEvent(silent.socket, "disconnect");
    silent.client.disconnect();
    await left;
    expect(await io.timeout(AMPLE).emitWithAck("question")).to.eql(["answer"]);
  });
});
