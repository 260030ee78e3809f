import expect from "expect.js";
import { stopClock } from "../support/clock";
import { heard, type Joined, joinWire } from "../support/joined";
import { ownTest } from "../support/own-tests";
import { startServer } from "../support/server";
import { nextEvent } from "../support/waiting";

/** A timeout that no test reaches, in milliseconds. */
const AMPLE = 60_000;
/** A timeout for acknowledgements that never arrive, in milliseconds. */
const SHORT = 5;
/** The time at which the clock stands still until one client has answered; the other client never answers. */
const PARTIAL = 150;

/** The arguments with which the acknowledgement of one event is called. */
function answerTo(emit: (ack: (...values: any[]) => void) => void): Promise<any[]> {
  return new Promise((resolve) => {
    emit((...values) => resolve(values));
  });
}

/** Acknowledges the next event that requests it; resolves with the packet id of the event. */
async function answer({ wire }: Joined, ...values: unknown[]): Promise<number> {
  const [, id] = /^42(\d+)\[/.exec(String(await wire.next())) ?? [];
  wire.send(`43${id}${JSON.stringify(values)}`);
  return Number(id);
}

const timedOut = (error: any) => {
  expect(error).to.be.an(Error);
  expect(error.message).to.be("operation has timed out");
};

describe("an acknowledgement with a timeout", () => {
  it("is called with null first if the answer arrives in time [56]", async () => {
    const joined = await joinWire(await startServer());
    const values = answerTo((ack) => joined.socket.timeout(AMPLE).emit("question", 1, ack));
    await answer(joined, "a", { b: 1 });
    expect(await values).to.eql([null, "a", { b: 1 }]);
    expect(joined.socket.acks.size).to.be(0);
  });

  it("is called with null alone if the answer is empty [56]", async () => {
    const joined = await joinWire(await startServer());
    const values = answerTo((ack) => joined.socket.timeout(AMPLE).emit("question", ack));
    await answer(joined);
    expect(await values).to.eql([null]);
  });

  it("is called with an error if the answer does not arrive in time [56]", async () => {
    const { wire, socket } = await joinWire(await startServer());
    const values = await answerTo((ack) => socket.timeout(SHORT).emit("question", 1, ack));
    expect(values).to.have.length(1);
    timedOut(values[0]);
    expect(await wire.next()).to.be('420["question",1]');
  });

  it("ignores an answer that arrives too late, and socket.acks is empty [56]", async () => {
    const joined = await joinWire(await startServer());
    const { socket } = joined;
    let calls = 0;
    const values = answerTo((ack) =>
      socket.timeout(SHORT).emit("question", (...args: any[]) => {
        calls++;
        ack(...args);
      }),
    );
    expect(socket.acks.size).to.be(1);
    timedOut((await values)[0]);
    expect(socket.acks.size).to.be(0);
    await answer(joined, "late");
    await heard(joined);
    expect(calls).to.be(1);
    expect(socket.acks.size).to.be(0);
  });

  it("is removed before its callback is called [56]", async () => {
    const { socket } = await joinWire(await startServer());
    const sizes = await answerTo((ack) =>
      socket.timeout(SHORT).emit("question", () => ack(socket.acks.size)),
    );
    expect(sizes).to.eql([0]);
  });

  it("is called once: no timeout follows the answer [56]", async () => {
    const joined = await joinWire(await startServer());
    const { socket } = joined;
    const clock = stopClock();
    let calls = 0;
    const answered = answerTo((ack) =>
      socket.timeout(PARTIAL).emit("question", (...values: any[]) => {
        calls++;
        ack(...values);
      }),
    );
    const unanswered = answerTo((ack) => socket.timeout(PARTIAL).emit("question", ack));
    await answer(joined, "a");
    await answered;
    clock.tick(PARTIAL);
    timedOut((await unanswered)[0]);
    expect(calls).to.be(1);
  });

  it("applies the timeout to this event only [56]", async () => {
    const joined = await joinWire(await startServer());
    const { socket } = joined;
    const first = answerTo((ack) => socket.timeout(AMPLE).emit("question", ack));
    const second = answerTo((ack) => socket.emit("question", ack));
    await answer(joined, "a");
    await answer(joined, "b");
    expect(await first).to.eql([null, "a"]);
    expect(await second).to.eql(["b"]);
  });

  it("accepts a timeout that no event uses [56]", async () => {
    const { wire, socket } = await joinWire(await startServer());
    expect(socket.timeout(SHORT).emit("no question")).to.be(true);
    expect(await wire.next()).to.be('42["no question"]');
    expect(socket.acks.size).to.be(0);
  });

  it("has a separate timeout for each event [56]", async () => {
    const joined = await joinWire(await startServer());
    const { socket } = joined;
    const patient = answerTo((ack) => socket.timeout(AMPLE).emit("patient", ack));
    const impatient = answerTo((ack) => socket.timeout(SHORT).emit("impatient", ack));
    timedOut((await impatient)[0]);
    await answer(joined, "a");
    expect(await patient).to.eql([null, "a"]);
  });

  it("may contain binary data [56]", async () => {
    const joined = await joinWire(await startServer());
    const values = answerTo((ack) => joined.socket.timeout(AMPLE).emit("question", ack));
    joined.wire.send('461-0[{"_placeholder":true,"num":0}]', Buffer.from([1]));
    expect(await values).to.eql([null, Buffer.from([1])]);
  });

  it("is called with an error if the client has disconnected [56]", async () => {
    const { wire, socket } = await joinWire(await startServer());
    const values = answerTo((ack) => socket.timeout(30).emit("question", ack));
    const gone = nextEvent(socket, "disconnect");
    wire.ws.close();
    await gone;
    const [error, ...others] = await values;
    expect(error).to.be.an(Error);
    expect(others).to.eql([]);
    expect(socket.acks.size).to.be(0);
  });

  ownTest("fails at once if the client disconnects, however long its timeout is [56]", async () => {
    const { wire, socket } = await joinWire(await startServer());
    const values = answerTo((ack) => socket.timeout(AMPLE).emit("question", ack));
    wire.ws.close();
    const [error] = await values;
    expect(error.message).to.be("socket has been disconnected");
    expect(socket.acks.size).to.be(0);
  });
});

describe("emitWithAck()", () => {
  it("resolves with the first value of the answer [56]", async () => {
    const joined = await joinWire(await startServer());
    const value = joined.socket.emitWithAck("question", 1, { a: 2 });
    await answer(joined, "first", "second");
    expect(await value).to.be("first");
    expect(joined.socket.acks.size).to.be(0);
  });

  it("sends the event with its arguments, and a number [56]", async () => {
    const { wire, socket } = await joinWire(await startServer());
    socket.emitWithAck("question", 1, { a: 2 });
    expect(await wire.next()).to.be('420["question",1,{"a":2}]');
  });

  it("resolves with undefined if the answer is empty [56]", async () => {
    const joined = await joinWire(await startServer());
    const value = joined.socket.emitWithAck("question");
    await answer(joined);
    expect(await value).to.be(undefined);
  });

  it("resolves with the client's value, even if the value looks like an error [56]", async () => {
    const { pair } = await startServer();
    const { client, socket } = await pair();
    client.on("question", (value, ack) => ack(value));
    for (const value of [null, false, 0, "", { message: "no" }, [1]]) {
      expect(await socket.emitWithAck("question", value)).to.eql(value);
    }
  });

  it("resolves with binary data [56]", async () => {
    const { pair } = await startServer();
    const { client, socket } = await pair();
    client.on("question", (ack) => ack(Buffer.from([1, 2])));
    expect(await socket.emitWithAck("question")).to.eql(Buffer.from([1, 2]));
  });

  it("resolves with the first value before the timeout [56]", async () => {
    const joined = await joinWire(await startServer());
    const value = joined.socket.timeout(AMPLE).emitWithAck("question");
    await answer(joined, "first", "second");
    expect(await value).to.be("first");
  });

  it("rejects after the timeout [56]", async () => {
    const joined = await joinWire(await startServer());
    const { socket } = joined;
    const outcome = await socket
      .timeout(SHORT)
      .emitWithAck("question")
      .catch((error: Error) => error);
    timedOut(outcome);
    expect(socket.acks.size).to.be(0);
    await answer(joined, "late");
    await heard(joined);
    expect(socket.acks.size).to.be(0);
  });
});

describe("a broadcast with a timeout", () => {
  it("is called with an error and the answers that arrived in time [57]", async () => {
    const running = await startServer();
    const one = await joinWire(running);
    const two = await joinWire(running);
    const clock = stopClock();
    const values = answerTo((ack) => running.io.timeout(PARTIAL).emit("question", ack));
    await answer(one, "a", "not taken");
    await heard(one);
    clock.tick(PARTIAL);
    const [error, responses] = await values;
    timedOut(error);
    expect(responses).to.eql(["a"]);
    expect([one.socket.acks.size, two.socket.acks.size]).to.eql([0, 0]);
  });

  it("rejects with an error that contains the answers that arrived in time [57]", async () => {
    const running = await startServer();
    const one = await joinWire(running);
    await joinWire(running);
    const clock = stopClock();
    const outcome = running.io
      .timeout(PARTIAL)
      .emitWithAck("question")
      .catch((error) => error);
    await answer(one, "a");
    await heard(one);
    clock.tick(PARTIAL);
    const error: any = await outcome;
    timedOut(error);
    expect(error.responses).to.eql(["a"]);
  });

  it("resolves with the first value of each answer if all arrive in time [57]", async () => {
    const running = await startServer();
    const one = await joinWire(running);
    const two = await joinWire(running);
    const responses = running.io.timeout(AMPLE).emitWithAck("question");
    await answer(one, "a", "not taken");
    await answer(two, "b");
    expect(await responses).to.eql(["a", "b"]);
  });
});
