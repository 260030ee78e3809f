import expect from "expect.js";
import { stopClock } from "../support/clock";
import { Bus, clusterAdapter } from "../support/cluster";
import { connectMember, connectMembers } from "../support/members";
import { ownSuite } from "../support/own-tests";
import { warningsOf } from "../support/process-warnings";
import { type ClientOptions, startServer } from "../support/server";
import { eventually } from "../support/waiting";

const webSocket: ClientOptions = { transports: ["websocket"] };

/** A timeout that no test reaches, in milliseconds. */
const AMPLE = 60_000;
/** A timeout for acknowledgements that never arrive, in milliseconds. */
const SHORT = 15;

type Outcome = [error: any, responses: any];

ownSuite("ackTimeout", () => {
  it("is the time that a broadcast without timeout() waits for acknowledgements [57]", async () => {
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

  it("stops waiting for a receiver that does not answer, and leaves nothing behind [57, 58]", async () => {
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

  it("is replaced by the timeout() of a call [56, 57]", async () => {
    const running = await startServer({ ackTimeout: AMPLE });
    const { socket } = await connectMember(running);
    const outcomes = await Promise.allSettled([
      running.io.timeout(SHORT).emitWithAck("question"),
      socket.timeout(SHORT).emitWithAck("question"),
    ]);
    expect(outcomes.map((outcome: any) => outcome.reason.code)).to.eql(["ACK_TIMEOUT", "ACK_TIMEOUT"]);
  });

  it("also applies to emitWithAck() of one socket [56]", async () => {
    const running = await startServer({ ackTimeout: SHORT });
    const { client, socket } = await connectMember(running);
    const error = await socket.emitWithAck("question").catch((reason: Error) => reason);
    expect(error.code).to.be("ACK_TIMEOUT");
    client.on("question", (ack) => ack("answer"));
    expect(await socket.timeout(AMPLE).emitWithAck("question")).to.be("answer");
    expect((socket as any).acks.size).to.be(0);
  });

  it("does not apply to a callback that takes no error [56]", async () => {
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

  it("applies to receivers on other servers, and to their sockets [57, 64]", async () => {
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

  it("that is not set: a broadcast with acknowledgements and without timeout() emits one warning with its name [57]", async () => {
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
