import expect from "expect.js";
import { stopClock } from "../support/clock";
import { Bus, clusterAdapter } from "../support/cluster";
import { connectMember, connectMembers } from "../support/members";
import { ownSuite } from "../support/own-tests";
import { warningsOf } from "../support/process-warnings";
import { type ClientOptions, startServer } from "../support/server";
import { eventually } from "../support/waiting";

const webSocket: ClientOptions = { transports: ["websocket"] };

/** Long enough for every answer; nobody waits that long. */
const AMPLE = 60_000;
/** For answers that never come. */
const SHORT = 15;

type Outcome = [error: any, responses: any];

ownSuite("ackTimeout", () => {
  it("is how long a broadcast without a timeout() waits for its answers [57]", async () => {
    const running = await startServer({ ackTimeout: AMPLE });
    const { io } = running;
    for (const { client } of await connectMembers(running, 2)) {
      client.on("question", (ack) => ack("answer"));
    }
    const nobody = "nobody";
    for (const target of [
      io,
      io.of("/"),
      io.to([...io.of("/").sockets.keys()]),
      io.except(nobody),
      io.local,
    ]) {
      const [error, responses] = await new Promise<Outcome>((resolve) => {
        target.emit("question", (...outcome: Outcome) => resolve(outcome));
      });
      expect([error, responses]).to.eql([null, ["answer", "answer"]]);
    }
    expect(await io.except(nobody).emitWithAck("question")).to.eql(["answer", "answer"]);
    const [one] = io.of("/").sockets.values();
    expect(await one.broadcast.emitWithAck("question")).to.eql(["answer"]);
    expect(await io.of(/^\/x/).to("nobody").emitWithAck("question")).to.eql([]);
  });

  it("ends the waiting for a receiver that does not answer, and leaves nothing behind [57, 58]", async () => {
    const running = await startServer({ ackTimeout: SHORT });
    const [answering, silent] = await connectMembers(running, 2);
    answering.client.on("question", (ack) => ack("answer"));
    const clock = stopClock();
    const failed = running.io
      .except("nobody")
      .emitWithAck("question")
      .catch((reason) => reason);
    await eventually(() => (answering.socket as any).acks.size === 0);
    clock.tick(SHORT);
    const error = await failed;
    expect([error.code, error.message]).to.eql(["ACK_TIMEOUT", "operation has timed out"]);
    expect(error.responses).to.eql(["answer"]);
    expect((silent.socket as any).acks.size).to.be(0);
  });

  it("gives way to a timeout() of the call [56, 57]", async () => {
    const running = await startServer({ ackTimeout: AMPLE });
    const { socket } = await connectMember(running);
    const outcomes = await Promise.allSettled([
      running.io.timeout(SHORT).emitWithAck("question"),
      socket.timeout(SHORT).emitWithAck("question"),
    ]);
    expect(outcomes.map((outcome: any) => outcome.reason.code)).to.eql(["ACK_TIMEOUT", "ACK_TIMEOUT"]);
  });

  it("ends the waiting of emitWithAck() to one socket [56]", async () => {
    const running = await startServer({ ackTimeout: SHORT });
    const { client, socket } = await connectMember(running);
    const error = await socket.emitWithAck("question").catch((reason: Error) => reason);
    expect(error.code).to.be("ACK_TIMEOUT");
    client.on("question", (ack) => ack("answer"));
    expect(await socket.timeout(AMPLE).emitWithAck("question")).to.be("answer");
    expect((socket as any).acks.size).to.be(0);
  });

  it("is no matter for a callback that takes no error [56]", async () => {
    const running = await startServer({ ackTimeout: SHORT });
    const { client, socket } = await connectMember(running);
    const held = new Promise<(answer: string) => void>((resolve) => client.on("question", resolve));
    const answered = new Promise<unknown[]>((resolve) => {
      socket.emit("question", (...args: unknown[]) => resolve(args));
    });
    await socket.emitWithAck("another question").catch(() => {});
    (await held)("late, and heard");
    expect(await answered).to.eql(["late, and heard"]);
  });

  it("holds for receivers on other servers, and for sockets that live there [57, 64]", async () => {
    const options = { adapter: clusterAdapter(new Bus()), ackTimeout: AMPLE };
    const [here, there] = [await startServer(options), await startServer(options)];
    const { client } = await there.pair("/", webSocket);
    client.on("question", (ack) => ack("answer"));
    expect(await here.io.except("nobody").emitWithAck("question")).to.eql(["answer"]);
    await eventually(async () => (await here.io.fetchSockets()).length === 1);
    const [remote] = await here.io.fetchSockets();
    const answered = new Promise((resolve) => {
      remote.emit("question", (...outcome: Outcome) => resolve(outcome));
    });
    expect(await answered).to.eql([null, "answer"]);
  });

  it("is not given: a broadcast that asks for answers without timeout() warns once, and names it [57]", async () => {
    const warnings = await warningsOf(`
      const io = new Server();
      io.timeout(1).emit("first", () => {});
      io.timeout(1).emitWithAck("first");
      new Server({ ackTimeout: 1 }).emit("first", () => {});
      await new Promise((resolve) => io.emit("second", resolve));
      await io.to("x").emitWithAck("third").catch(() => {});
    `);
    expect(warnings.map(({ code }) => code)).to.eql(["SOCKET_IO_ACK_WITHOUT_TIMEOUT"]);
    expect(warnings[0].message).to.contain('"second"');
    expect(warnings[0].message).to.contain("timeout()");
  });
});
