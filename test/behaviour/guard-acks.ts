import expect from "expect.js";
import type { ServerOptions } from "../../lib";
import { Bus, clusterAdapter } from "../support/cluster";
import { guardMessages } from "../support/guard-messages";
import { heard, type Joined, joinPolling, joinWire } from "../support/joined";
import { ownSuite } from "../support/own-tests";
import { startServer } from "../support/server";
import { eventually, nextEvent } from "../support/waiting";
import { openWire } from "../support/wire";

const REJECTING: Partial<ServerOptions> = { ackOnDisconnect: "reject" };
/** A timeout that no test reaches, in milliseconds. */
const AMPLE = 60_000;

/** Observes whether a promise is pending, resolved or rejected. */
interface Outcome {
  value?: unknown;
  error?: any;
}

const outcomeOf = (promise: Promise<unknown>): Promise<Outcome> =>
  promise.then(
    (value) => ({ value }),
    (error) => ({ error }),
  );

async function leave({ wire, socket }: Joined): Promise<void> {
  const left = nextEvent(socket, "disconnect");
  wire.ws.close();
  await left;
}

const circular: unknown[] = [];
circular.push({ toJSON: () => circular });

ownSuite("pending acknowledgements", () => {
  it("are released when the client disconnects, however many there are [security 17]", async () => {
    const running = await startServer();
    const messages = guardMessages(running.io);
    const joined = await joinWire(running);
    const honest = await joinWire(running);
    for (let i = 0; i < 10_000; i++) {
      joined.socket.volatile.emit("question", () => {});
    }
    expect(joined.socket.acks.size).to.be(10_000);
    await leave(joined);
    expect(joined.socket.acks.size).to.be(0);
    await heard(honest);
    expect(messages).to.have.length(1);
    const [{ code, socket, detail }] = messages;
    expect([code, socket, detail]).to.eql(["SOCKET_DISCONNECTED", joined.socket, { pendingAcks: 10_000 }]);
  });

  it("are not reported if there are none [security 17]", async () => {
    const running = await startServer();
    const messages = guardMessages(running.io);
    await leave(await joinWire(running));
    const answered = await joinWire(running);
    const answer = answered.socket.emitWithAck("question");
    await answered.wire.next();
    answered.wire.send("430[]");
    await answer;
    await leave(answered);
    expect(messages).to.eql([]);
  });

  it("of an event that cannot be encoded are not created [security 17]", async () => {
    for (const options of [{}, { connectionStateRecovery: {} }]) {
      const joined = await joinWire(await startServer(options));
      const { socket } = joined;
      let calls = 0;
      for (const emitter of [socket, socket.timeout(1)]) {
        expect(() => emitter.emit("question", circular, () => calls++)).to.throwException();
        const { error } = await outcomeOf(socket.emitWithAck("question", circular));
        expect(error).to.be.an(Error);
      }
      expect(socket.acks.size).to.be(0);
      await outcomeOf(socket.timeout(5).emitWithAck("question"));
      await heard(joined);
      expect(calls).to.be(0);
    }
  });

  it("of a client that is refused are released too [security 17]", async () => {
    const running = await startServer();
    const sockets: any[] = [];
    running.io.use((socket, next) => {
      sockets.push(socket);
      socket.emit("early", () => {});
      next(new Error("no"));
    });
    const wire = await openWire(running.url);
    wire.send("40");
    expect(await wire.next()).to.be('420["early"]');
    await wire.next();
    await eventually(() => sockets[0].acks.size === 0);
  });

  it("of an event after the disconnection are released, and fail [security 17]", async () => {
    const joined = await joinWire(await startServer());
    const { socket } = joined;
    const late: Promise<Outcome>[] = [];
    socket.on("disconnect", () => {
      socket.emit("in the handler", () => {});
      late.push(outcomeOf(socket.timeout(AMPLE).emitWithAck("in the handler")));
    });
    await leave(joined);
    socket.emit("later", () => {});
    late.push(outcomeOf(socket.timeout(AMPLE).emitWithAck("later")));
    for (const { error } of await Promise.all(late)) {
      expect(error.code).to.be("SOCKET_DISCONNECTED");
    }
    expect(socket.acks.size).to.be(0);
  });
});

ownSuite('ackOnDisconnect: "reject"', () => {
  for (const transport of ["websocket", "polling"] as const) {
    it(`makes emitWithAck() reject when a client disconnects over ${transport} [security 17]`, async () => {
      const running = await startServer(REJECTING);
      const { client, socket } = await running.pair("/", { transports: [transport] });
      const outcome = outcomeOf(socket.emitWithAck("question"));
      client.disconnect();
      const { error } = await outcome;
      expect(error.code).to.be("SOCKET_DISCONNECTED");
      expect(error.message).to.be("socket has been disconnected");
      expect(socket.acks.size).to.be(0);
    });
  }

  it("makes it reject when the server disconnects the client, or has done so before [security 17]", async () => {
    const { socket } = await joinPolling(await startServer(REJECTING));
    const outcome = outcomeOf(socket.emitWithAck("question"));
    socket.disconnect(true);
    expect((await outcome).error.code).to.be("SOCKET_DISCONNECTED");
    expect((await outcomeOf(socket.emitWithAck("question"))).error.code).to.be("SOCKET_DISCONNECTED");
  });

  it("does not replace an answer that has arrived [security 17]", async () => {
    const { wire, socket } = await joinWire(await startServer(REJECTING));
    const outcome = outcomeOf(socket.emitWithAck("question"));
    await wire.next();
    wire.send('430["in time"]', "41");
    await nextEvent(socket, "disconnect");
    expect(await outcome).to.eql({ value: "in time" });
  });

  it("does not affect emit() with an acknowledgement, which takes no error [security 17]", async () => {
    const joined = await joinWire(await startServer(REJECTING));
    let calls = 0;
    joined.socket.emit("question", () => calls++);
    const outcome = outcomeOf(joined.socket.emitWithAck("question"));
    await leave(joined);
    await outcome;
    expect(calls).to.be(0);
  });

  it("makes a broadcast complete when the remaining receivers have answered [security 17]", async () => {
    const running = await startServer(REJECTING);
    const [leaving, staying] = [await joinWire(running), await joinWire(running)];
    const outcome = outcomeOf(running.io.timeout(AMPLE).emitWithAck("question"));
    await leave(leaving);
    const [, id] = /^42(\d+)/.exec(String(await staying.wire.next())) ?? [];
    staying.wire.send(`43${id}["here"]`);
    const { error } = await outcome;
    expect(error.code).to.be("SOCKET_DISCONNECTED");
    expect(error.responses).to.eql(["here"]);
  });

  it("makes a broadcast complete when the last receiver disconnects [security 17]", async () => {
    const running = await startServer(REJECTING);
    const [leaving, staying] = [await joinWire(running), await joinWire(running)];
    const outcome = outcomeOf(running.io.timeout(AMPLE).emitWithAck("question"));
    await staying.wire.next();
    staying.wire.send('430["here"]');
    await heard(staying);
    await leave(leaving);
    expect((await outcome).error.responses).to.eql(["here"]);
  });

  it("makes a broadcast in a cluster complete, for clients of the server that emits [security 17]", async () => {
    const running = await startServer({ ...REJECTING, adapter: clusterAdapter(new Bus()) });
    const leaving = await joinWire(running);
    const outcome = outcomeOf(running.io.timeout(AMPLE).emitWithAck("question"));
    await leave(leaving);
    expect((await outcome).error.code).to.be("SOCKET_DISCONNECTED");
  });
});

ownSuite('ackOnDisconnect: "pending", the default', () => {
  it("leaves emitWithAck() pending, and a broadcast until its timeout [security 17]", async () => {
    const running = await startServer();
    const joined = await joinWire(running);
    const settled: unknown[] = [];
    joined.socket.emitWithAck("question").then(
      (value) => settled.push(value),
      (error) => settled.push(error),
    );
    const broadcast = outcomeOf(running.io.timeout(20).emitWithAck("question"));
    await leave(joined);
    expect((await broadcast).error.code).to.be("ACK_TIMEOUT");
    expect(settled).to.eql([]);
    expect(joined.socket.acks.size).to.be(0);
  });
});
