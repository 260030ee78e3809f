import { EventEmitter } from "node:events";
import expect from "expect.js";
import { ownSuite } from "../support/own-tests";
import { startInMemory, testing, useClock } from "../support/testing";

const { settled, waitFor } = testing;

const failureOf = (promise: Promise<unknown>): Promise<any> =>
  promise.then(
    () => undefined,
    (error) => error,
  );

ownSuite("waitFor()", () => {
  it("resolves with the arguments of an event of a client, a socket, a server and any emitter", async () => {
    const { io, connect, socketOf } = startInMemory();
    const connection = waitFor(io, "connection");
    const client = await connect();
    expect((await connection)[0]).to.be(socketOf(client));
    const atClient = waitFor(client, "news");
    socketOf(client).emit("news", 1, "two");
    expect(await atClient).to.eql([1, "two"]);
    const atServer = waitFor(socketOf(client), "hello");
    client.emit("hello");
    expect(await atServer).to.eql([]);
    const emitter = new EventEmitter();
    const other = waitFor(emitter, "done");
    emitter.emit("done", 3);
    expect(await other).to.eql([3]);
    await settled();
    expect(emitter.listenerCount("done")).to.be(0);
  });

  for (const transport of ["websocket", "polling"]) {
    it(`finds what the server sends at once when a client has connected (${transport})`, async () => {
      const { io, connect } = startInMemory();
      io.on("connection", (socket) => {
        socket.emit("welcome", "Ada");
        socket.emit("rooms", 2);
        socket.emit("rooms", 3);
      });
      const client = await connect("/", { transports: [transport] });
      expect(await waitFor(client, "welcome")).to.eql(["Ada"]);
      expect(await waitFor(client, "rooms")).to.eql([2]);
      expect(await waitFor(client, "rooms")).to.eql([3]);
      await settled();
      expect(client.listenersAny()).to.eql([]);
      expect((await failureOf(waitFor(client, "rooms", { timeout: 1 }))).code).to.be("WAIT_TIMEOUT");
    });
  }

  it("finds the next events that arrive together, in their order only", async () => {
    const { connect, socketOf } = startInMemory();
    const client = await connect();
    const socket = socketOf(client);
    const first = waitFor(client, "b");
    for (const event of ["a", "b", "a", "c"]) {
      socket.emit(event, event);
    }
    expect(await first).to.eql(["b"]);
    expect(await waitFor(client, "c")).to.eql(["c"]);
    expect((await failureOf(waitFor(client, "a", { timeout: 5 }))).code).to.be("WAIT_TIMEOUT");
    const atServer = waitFor(socket, "tick");
    client.emit("tick", 1);
    client.emit("tick", 2);
    expect([await atServer, await waitFor(socket, "tick")]).to.eql([[1], [2]]);
    const emitter = new EventEmitter();
    const one = waitFor(emitter, "tick");
    emitter.emit("tick", 1);
    emitter.emit("tick", 2);
    expect([await one, await waitFor(emitter, "tick")]).to.eql([[1], [2]]);
  });

  it("says what a socket has received instead", async () => {
    const { connect, socketOf } = startInMemory();
    const client = await connect("/", { reconnection: false });
    const failure = failureOf(waitFor(client, "message", { timeout: 50 }));
    socketOf(client).emit("typing", { user: "Ada" }, "x".repeat(100));
    socketOf(client).disconnect();
    const { code, message } = await failure;
    expect(code).to.be("WAIT_TIMEOUT");
    expect(message).to.match(
      /^The event "message" was not emitted within 50 ms; received meanwhile: "typing" \(\{ user: 'Ada' \}, 'x+…\), "disconnect" \('io server disconnect', undefined\)$/,
    );
    expect(client.listenersAny()).to.eql([]);
    expect(client.listeners("disconnect")).to.eql([]);
  });

  it("says that nothing was received", async () => {
    const { connect, socketOf } = startInMemory();
    const client = await connect();
    for (const source of [client, socketOf(client)]) {
      const { message } = await failureOf(waitFor(source as EventEmitter, "message", { timeout: 1 }));
      expect(message).to.match(/ was not emitted within 1 ms; no other event was received meanwhile$/);
    }
    const { message } = await failureOf(waitFor(new EventEmitter(), "message", { timeout: 1 }));
    expect(message).to.match(/ was not emitted within 1 ms$/);
  });

  it("resolves with the value of a condition", async () => {
    let calls = 0;
    expect(await waitFor(() => ++calls > 110 && "value")).to.be("value");
    expect(await waitFor(async () => 7)).to.be(7);
  });

  it("says what a condition has returned or thrown last", async () => {
    const { code, message } = await failureOf(waitFor(() => 0, { timeout: 5 }));
    expect([code, message]).to.eql([
      "WAIT_TIMEOUT",
      "The condition did not hold within 5 ms; its last value: 0",
    ]);
    const thrown = await failureOf(
      waitFor(
        () => {
          throw new Error("expected 2, got 1");
        },
        { timeout: 5 },
      ),
    );
    expect(thrown.message).to.be(
      "The condition did not hold within 5 ms; its last error: Error: expected 2, got 1",
    );
    expect(thrown.cause.message).to.be("expected 2, got 1");
    const unsettled = await failureOf(waitFor(() => new Promise(() => {}), { timeout: 5 }));
    expect(unsettled.code).to.be("WAIT_TIMEOUT");
  });

  it("ends with a signal", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const event = failureOf(waitFor(new EventEmitter(), "never", { signal: controller.signal }));
    const condition = failureOf(waitFor(() => false, { signal: controller.signal }));
    controller.abort(reason);
    expect([await event, await condition]).to.eql([reason, reason]);
    expect(await failureOf(waitFor(new EventEmitter(), "never", { signal: controller.signal }))).to.be(
      reason,
    );
  });

  it("has a time limit in real time while a clock is installed", async () => {
    useClock();
    const { code } = await failureOf(waitFor(new EventEmitter(), "never", { timeout: 5 }));
    expect(code).to.be("WAIT_TIMEOUT");
    await settled();
  });

  it("refuses a wrong time limit", async () => {
    const { code } = await failureOf(waitFor(new EventEmitter(), "never", { timeout: -1 }));
    expect(code).to.be("INVALID_OPTION");
  });
});
