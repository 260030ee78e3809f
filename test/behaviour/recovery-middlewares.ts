import expect from "expect.js";
import { settled } from "../support/members";
import { connectRecoverable } from "../support/recoverable-client";
import { startServer } from "../support/server";
import { eventually, nextEvent, nextValue } from "../support/waiting";

describe("the middleware, for a recovered client", () => {
  it("is skipped by default [23]", async () => {
    for (const connectionStateRecovery of [{}, { skipMiddlewares: true }]) {
      const running = await startServer({ connectionStateRecovery });
      let calls = 0;
      running.io.use((_socket, next) => {
        calls++;
        next();
      });
      const member = await connectRecoverable(running);
      expect(calls).to.be(1);
      await member.cut();
      await member.comeBack();
      expect(member.socket.recovered).to.be(true);
      expect(calls).to.be(1);
    }
  });

  it("runs again with skipMiddlewares: false, and can read the recovered data [23]", async () => {
    const running = await startServer({ connectionStateRecovery: { skipMiddlewares: false } });
    const seen: any[] = [];
    running.io.use((socket, next) => {
      seen.push([socket.recovered, socket.id, { ...socket.data }, [...socket.rooms]]);
      next();
    });
    const member = await connectRecoverable(running);
    const { id } = member.socket;
    member.socket.join("x");
    member.socket.data.name = "Ada";
    await member.cut();
    running.io.emit("missed");
    await member.comeBack();
    expect(member.socket.recovered).to.be(true);
    expect(seen).to.have.length(2);
    expect(seen[0]).to.eql([false, id, {}, []]);
    expect(seen[1]).to.eql([true, id, { name: "Ada" }, [id, "x"]]);
    await settled(member);
    expect(member.seen.map(([name]) => name)).to.eql(["missed"]);
  });

  it("can refuse the client with skipMiddlewares: false [23]", async () => {
    const running = await startServer({ connectionStateRecovery: { skipMiddlewares: false } });
    const member = await connectRecoverable(running);
    running.io.use((_socket, next) => next(new Error("not any more")));
    member.socket.join("x");
    await member.cut();
    running.io.to("x").emit("missed");
    const refused = nextValue<Error>(member.client, "connect_error");
    member.client.connect();
    expect((await refused).message).to.be("not any more");
    expect(member.seen).to.eql([]);
    expect(running.io.of("/").sockets.size).to.be(0);
    expect(running.io.of("/").adapter.rooms.size).to.be(0);
    expect(running.io.of("/").adapter.sids.size).to.be(0);
  });

  it("runs for a client that could not be recovered [23]", async () => {
    const running = await startServer({ connectionStateRecovery: {} });
    let calls = 0;
    running.io.use((_socket, next) => {
      calls++;
      next();
    });
    const member = await connectRecoverable(running);
    const gone = nextEvent(member.client, "disconnect");
    member.socket.disconnect();
    await gone;
    await member.comeBack();
    expect(member.socket.recovered).to.be(false);
    expect(calls).to.be(2);
  });

  it("for packets must be added again by the connection listener [23]", async () => {
    const running = await startServer({ connectionStateRecovery: {} });
    let calls = 0;
    running.io.on("connection", (socket) => {
      socket.use((_event, next) => {
        calls++;
        next();
      });
      socket.on("question", (ack) => ack());
    });
    const member = await connectRecoverable(running);
    await member.cut();
    await member.comeBack();
    await member.client.emitWithAck("question");
    expect(calls).to.be(1);
  });
});

describe("the connection listeners, for a recovered client", () => {
  it("are called with the new socket, connect first [50, 79]", async () => {
    const running = await startServer({ connectionStateRecovery: {} });
    const member = await connectRecoverable(running);
    await member.cut();
    const calls: [string, boolean][] = [];
    running.io.on("connect", ({ recovered }) => calls.push(["connect", recovered]));
    running.io.on("connection", ({ recovered }) => calls.push(["connection", recovered]));
    await member.comeBack();
    await eventually(() => calls.length === 2);
    expect(calls).to.eql([
      ["connect", true],
      ["connection", true],
    ]);
  });

  it("must register handlers again: those of the previous socket are not called [79]", async () => {
    const running = await startServer({ connectionStateRecovery: {} });
    const member = await connectRecoverable(running);
    let old = 0;
    member.socket.on("hello", () => old++);
    await member.cut();
    await member.comeBack();
    const came = nextEvent(member.socket, "hello");
    member.client.emit("hello");
    await came;
    expect(old).to.be(0);
  });
});

describe("the defaults of connectionStateRecovery", () => {
  it("are two minutes, and skipped middleware [23]", async () => {
    const { io } = await startServer({ connectionStateRecovery: {} });
    expect((io as any).opts.connectionStateRecovery).to.eql({
      maxDisconnectionDuration: 120_000,
      skipMiddlewares: true,
    });
  });

  it("complete the given options [23]", async () => {
    const { io } = await startServer({ connectionStateRecovery: { skipMiddlewares: false } });
    expect((io as any).opts.connectionStateRecovery).to.eql({
      maxDisconnectionDuration: 120_000,
      skipMiddlewares: false,
    });
    const { io: other } = await startServer({ connectionStateRecovery: { maxDisconnectionDuration: 7 } });
    expect((other as any).opts.connectionStateRecovery).to.eql({
      maxDisconnectionDuration: 7,
      skipMiddlewares: true,
    });
  });

  it("do not apply without the option [23]", async () => {
    const { io } = await startServer();
    expect((io as any).opts.connectionStateRecovery).to.be(undefined);
  });
});
