import expect from "expect.js";
import { bindStages, recordTracing } from "../support/channels";
import { heard, joinWire } from "../support/joined";
import { ownSuite } from "../support/own-tests";
import { connectRecoverable } from "../support/recoverable-client";
import { startServer } from "../support/server";
import { eventually, nextEvent } from "../support/waiting";
import { openWire } from "../support/wire";

ownSuite("the tracing channel socket.io:connection", () => {
  it("publishes a request to join a namespace, until the connection handlers have run", async () => {
    const running = await startServer();
    const order: string[] = [];
    const { messages } = recordTracing("socket.io:connection", (stage) => order.push(stage));
    running.io.use((_socket, next) => {
      order.push("middleware");
      next();
    });
    running.io.on("connection", () => order.push("connection"));
    const { socket } = await joinWire(running);
    expect(order).to.eql(["start", "end", "middleware", "asyncStart", "connection", "asyncEnd"]);
    const [message] = messages;
    expect(message.conn).to.be(socket.conn);
    expect(message.namespace).to.be("/");
    expect(message.nsp).to.be(running.io.sockets);
    expect(message.socket).to.be(socket);
    expect([message.recovered, message.outcome, message.isAsync]).to.eql([false, "joined", true]);
    expect(message).not.to.have.property("auth");
  });

  it("publishes the error of the middleware that refuses the client", async () => {
    const running = await startServer();
    const { stages, messages } = recordTracing("socket.io:connection");
    const error = new Error("no");
    running.io.use((_socket, next) => next(error));
    const wire = await openWire(running.url);
    expect(String(await wire.join())).to.match(/^44/);
    expect(stages).to.eql(["start", "end", "error", "asyncStart", "asyncEnd"]);
    expect(messages[0].error).to.be(error);
    expect(messages[0].outcome).to.be("refused");
  });

  it("publishes a namespace that does not exist", async () => {
    const running = await startServer();
    const { stages, messages } = recordTracing("socket.io:connection");
    const wire = await openWire(running.url);
    expect(String(await wire.join("/nowhere"))).to.match(/^44/);
    expect(stages).to.eql(["start", "error", "asyncStart", "asyncEnd", "end"]);
    expect(messages[0].namespace).to.be("/nowhere");
    expect(messages[0].nsp).to.be(undefined);
    expect(messages[0].outcome).to.be("refused");
    const { message, code } = messages[0].error as any;
    expect([message, code]).to.eql(["Invalid namespace", "UNKNOWN_NAMESPACE"]);
  });

  it("publishes that the client has left during the middlewares", async () => {
    const running = await startServer();
    const { stages, messages } = recordTracing("socket.io:connection");
    let reached = false;
    running.io.use(() => {
      reached = true;
    });
    const wire = await openWire(running.url);
    wire.send("40");
    await eventually(() => reached);
    wire.ws.close();
    await eventually(() => stages.includes("asyncEnd"));
    expect(stages).to.eql(["start", "end", "asyncStart", "asyncEnd"]);
    expect(messages[0].outcome).to.be("left");
  });

  it("calls middlewares in the context that is bound to start, connection handlers in that of asyncStart", async () => {
    const running = await startServer();
    const storage = bindStages("socket.io:connection", "start", "asyncStart");
    const seen: unknown[] = [];
    running.io.use((_socket, next) => {
      seen.push(storage.getStore());
      next();
    });
    running.io.on("connection", () => seen.push(storage.getStore()));
    await joinWire(running);
    expect(seen).to.eql(["start", "asyncStart"]);
  });
});

ownSuite("the tracing channel socket.io:middleware", () => {
  it("publishes each middleware of a namespace, until it calls next()", async () => {
    const running = await startServer();
    const { stages, messages } = recordTracing("socket.io:middleware");
    let release = () => {};
    running.io.use((_socket, next) => next());
    running.io.use((_socket, next) => {
      release = next;
    });
    const wire = await openWire(running.url);
    wire.send("40");
    await eventually(() => stages.filter((stage) => stage === "end").length === 2);
    // the second one begins within next() of the first one
    expect(stages).to.eql(["start", "asyncStart", "start", "end", "asyncEnd", "end"]);
    release();
    expect(stages.slice(6)).to.eql(["asyncStart", "asyncEnd"]);
    expect(String(await wire.next())).to.match(/^40/);
    expect(messages.map(({ kind, index }) => [kind, index])).to.eql([
      ["namespace", 0],
      ["namespace", 1],
    ]);
    expect(messages[0].nsp).to.be(running.io.sockets);
    expect(messages[0].socket).to.be([...running.io.sockets.sockets.values()][0]);
    expect(messages[1].isAsync).to.be(true);
  });

  it("publishes each packet middleware, with the event and its error", async () => {
    const joined = await joinWire(await startServer());
    const { messages } = recordTracing("socket.io:middleware");
    const error = new Error("no");
    joined.socket.use((_event, next) => next());
    joined.socket.use(([event], next) => next(event === "dropped" ? error : undefined));
    const came = nextEvent(joined.socket, "error");
    joined.wire.send('42["dropped"]');
    expect(await came).to.eql([error]);
    await heard(joined);
    expect(messages.map(({ kind, index, event }) => [kind, index, event])).to.eql([
      ["packet", 0, "dropped"],
      ["packet", 1, "dropped"],
      ["packet", 0, "mark"],
      ["packet", 1, "mark"],
    ]);
    expect(messages[1].error).to.be(error);
    expect(messages[1].socket).to.be(joined.socket);
    expect(messages[0].error).to.be(undefined);
  });

  it("publishes the error of a middleware that rejects, with onHandlerError", async () => {
    const errors: unknown[] = [];
    const running = await startServer({ onHandlerError: (error) => errors.push(error) });
    const { stages, messages } = recordTracing("socket.io:middleware");
    const error = new Error("rejected");
    running.io.use((async () => {
      throw error;
    }) as never);
    const wire = await openWire(running.url);
    expect(String(await wire.join())).to.match(/^44/);
    expect(stages).to.eql(["start", "end", "error", "asyncStart", "asyncEnd"]);
    expect(messages[0].error).to.be(error);
    expect(errors).to.eql([error]);
  });

  it("publishes the error of a middleware that throws, with onHandlerError", async () => {
    const errors: unknown[] = [];
    const running = await startServer({ onHandlerError: (error) => errors.push(error) });
    const { stages, messages } = recordTracing("socket.io:middleware");
    const error = new Error("thrown");
    running.io.use(() => {
      throw error;
    });
    const wire = await openWire(running.url);
    expect(String(await wire.join())).to.match(/^44/);
    expect(stages).to.eql(["start", "error", "end"]);
    expect(messages[0].isAsync).to.be(false);
    expect(errors).to.eql([error]);
  });

  it("calls a middleware in the context that is bound to start", async () => {
    const running = await startServer();
    const storage = bindStages("socket.io:middleware", "start");
    let seen: unknown;
    running.io.use((_socket, next) => {
      seen = storage.getStore();
      next();
    });
    await joinWire(running);
    expect(seen).to.be("start");
  });
});

ownSuite("the tracing channel socket.io:recovery", () => {
  it("publishes a restored session, with the number of missed events", async () => {
    const running = await startServer({ connectionStateRecovery: {} });
    const member = await connectRecoverable(running);
    const { stages, messages } = recordTracing("socket.io:recovery");
    await member.cut();
    running.io.emit("missed");
    running.io.emit("missed too");
    await member.comeBack();
    expect(member.socket.recovered).to.be(true);
    expect(stages).to.eql(["start", "end", "asyncStart", "asyncEnd"]);
    const [message] = messages;
    expect(message.conn).to.be(member.socket.conn);
    expect(message.nsp).to.be(running.io.sockets);
    expect([message.recovered, message.replayed, message.reason]).to.eql([true, 2, undefined]);
  });

  it("publishes why a session is not restored, and nothing for clients that ask for none", async () => {
    const running = await startServer({ connectionStateRecovery: {} });
    const { stages, messages } = recordTracing("socket.io:recovery");
    await joinWire(running);
    expect(stages).to.eql([]);
    const wire = await openWire(running.url);
    await wire.join("/", { pid: "unknown", offset: "unknown" });
    expect(messages.map(({ recovered, replayed, reason }) => [recovered, replayed, reason])).to.eql([
      [false, 0, "session"],
    ]);
  });

  it("publishes the error of the adapter", async () => {
    const running = await startServer({ connectionStateRecovery: {} });
    const { stages, messages } = recordTracing("socket.io:recovery");
    const error = new Error("no answer");
    running.io.of("/").adapter.restoreSession = () => Promise.reject(error);
    const wire = await openWire(running.url);
    await wire.join("/", { pid: "some", offset: "some" });
    expect(stages).to.eql(["start", "end", "error", "asyncStart", "asyncEnd"]);
    expect([messages[0].reason, messages[0].error, messages[0].recovered]).to.eql(["adapter", error, false]);
  });
});
