import expect from "expect.js";
import { bindStages, listenTo, recordPlain, recordTracing } from "../support/channels";
import { onTestEnd } from "../support/cleanup";
import { startCluster } from "../support/cluster";
import { failures, startGuarded } from "../support/handler-errors";
import { heard, joinWire } from "../support/joined";
import { ownSuite } from "../support/own-tests";
import { startServer } from "../support/server";
import { takeUncaught, uncaught, unhandled } from "../support/uncaught";
import { eventually, nextEvent, turn } from "../support/waiting";

ownSuite("the tracing channel socket.io:event", () => {
  it("publishes start and end around all listeners of an event, with its arguments", async () => {
    const { socket, wire } = await joinWire(await startServer());
    const order: string[] = [];
    const { messages } = recordTracing("socket.io:event", (stage) => order.push(stage));
    socket.on("hello", (...args) => order.push(`first ${args}`));
    socket.once("hello", () => order.push("second"));
    wire.send('42["hello",1,{"two":2}]');
    await eventually(() => order.includes("end"));
    expect(order).to.eql(["start", "first 1,[object Object]", "second", "end"]);
    const [message] = messages;
    expect(message.socket).to.be(socket);
    expect(message.nsp).to.be(socket.nsp);
    expect(message.event).to.be("hello");
    expect(message.args).to.eql([1, { two: 2 }]);
    expect(message.hasAck).to.be(false);
    expect(message.isAsync).to.be(false);
    expect(message.results).to.have.length(2);
    expect(socket.listenerCount("hello")).to.be(1);
  });

  it("publishes the arguments that the listeners receive, not copies, and the acknowledgement function", async () => {
    const { socket, wire } = await joinWire(await startServer());
    const { messages } = recordTracing("socket.io:event");
    let received: unknown[] = [];
    socket.on("question", (...args) => {
      received = args;
      args[1]("answer");
    });
    wire.send('427["question",{"deep":{}}]');
    expect(await wire.next()).to.be('437["answer"]');
    expect(messages[0].args[0]).to.be(received[0]);
    expect(messages[0].args[1]).to.be(received[1]);
    expect(messages[0].hasAck).to.be(true);
  });

  it("publishes asyncStart and asyncEnd when the promises of all listeners are settled", async () => {
    const { socket, wire } = await joinWire(await startServer());
    const { stages, messages } = recordTracing("socket.io:event");
    const release: (() => void)[] = [];
    socket.on("slow", () => new Promise((resolve) => release.push(() => resolve("one"))) as never);
    socket.on("slow", async () => {
      await new Promise<void>((resolve) => release.push(resolve));
      return "two";
    });
    wire.send('42["slow"]');
    await eventually(() => release.length === 2);
    await turn();
    expect(stages).to.eql(["start", "end"]);
    expect(messages[0].isAsync).to.be(true);
    release[0]();
    await turn();
    expect(stages).to.eql(["start", "end"]);
    release[1]();
    await eventually(() => stages.length === 4);
    expect(stages).to.eql(["start", "end", "asyncStart", "asyncEnd"]);
    expect(messages[0].results).to.eql(["one", "two"]);
  });

  it("publishes the error of a listener that throws, which remains an uncaught exception", async () => {
    const { socket, wire } = await joinWire(await startServer());
    const { stages, messages } = recordTracing("socket.io:event");
    const errors = recordPlain("socket.io:handler-error");
    const error = new Error("on purpose");
    let others = 0;
    socket.on("bad", () => {
      throw error;
    });
    socket.on("bad", () => others++);
    expect(await uncaught(() => wire.send('42["bad"]'))).to.be(error);
    expect(stages).to.eql(["start", "error", "end"]);
    expect(messages[0].error).to.be(error);
    expect(messages[0].isAsync).to.be(false);
    expect(others).to.be(0);
    expect(errors).to.eql([{ error, phase: "event", event: "bad", socket, nsp: socket.nsp }]);
  });

  it("publishes the error of a promise, which remains an unhandled rejection", async () => {
    const { socket, wire } = await joinWire(await startServer());
    const { stages, messages } = recordTracing("socket.io:event");
    const errors = recordPlain("socket.io:handler-error");
    socket.on("bad", () => failures.rejects("on purpose") as never);
    const error = (await unhandled(() => wire.send('42["bad"]'))) as Error;
    expect(error.message).to.be("on purpose");
    expect(stages).to.eql(["start", "end", "error", "asyncStart", "asyncEnd"]);
    expect(messages[0].error).to.be(error);
    expect(errors.map((one) => one.error)).to.eql([error]);
  });

  for (const [how, fail] of Object.entries(failures)) {
    it(`with onHandlerError, publishes the error of a handler that ${how}, and calls the others`, async () => {
      const running = await startGuarded();
      const { socket, wire } = await joinWire(running);
      const { stages, messages } = recordTracing("socket.io:event");
      const errors = recordPlain("socket.io:handler-error");
      let others = 0;
      socket.on("bad", () => fail("on purpose"));
      socket.on("bad", () => others++);
      wire.send('42["bad"]');
      const [{ error }] = await running.errors(1);
      await eventually(() => others === 1 && stages.includes(how === "throws" ? "end" : "asyncEnd"));
      expect(stages.filter((stage) => stage === "error")).to.have.length(1);
      expect(messages[0].error).to.be(error);
      expect(running.reported).to.have.length(1);
      expect(errors).to.eql([{ error, phase: "event", event: "bad", socket, nsp: socket.nsp }]);
    });
  }

  it("publishes what a handler of socket.handle() answers, or its error", async () => {
    const { socket, wire } = await joinWire(await startServer());
    const { stages, messages } = recordTracing("socket.io:event");
    socket.handle("double", async (n: number) => n * 2);
    wire.send('421["double",21]');
    expect(await wire.next()).to.be("431[42]");
    await eventually(() => stages.length === 4);
    expect(stages).to.eql(["start", "end", "asyncStart", "asyncEnd"]);
    expect(messages[0].results).to.eql([42]);
  });

  it("publishes only events that reach the listeners: not those that a middleware drops", async () => {
    const joined = await joinWire(await startServer());
    const { messages } = recordTracing("socket.io:event");
    joined.socket.use(([event], next) => next(event === "dropped" ? new Error("no") : undefined));
    joined.wire.send('42["dropped"]');
    await heard(joined);
    expect(messages.map(({ event }) => event)).to.eql(["mark"]);
  });

  it("publishes an event named error, and calls the listeners for it", async () => {
    const { socket, wire } = await joinWire(await startServer());
    const { stages, messages } = recordTracing("socket.io:event");
    const came = nextEvent(socket, "error");
    wire.send('42["error","text"]');
    expect(await came).to.eql(["text"]);
    await eventually(() => stages.length === 2);
    expect(messages[0].event).to.be("error");
  });

  it("publishes an event without a name under the one that emit() uses for it", async () => {
    const { socket, wire } = await joinWire(await startServer());
    const { messages } = recordTracing("socket.io:event");
    const came = nextEvent(socket, "undefined");
    (socket as any)._onpacket({ type: 2, nsp: "/" });
    expect(await came).to.eql([]);
    expect(messages[0].event).to.be("undefined");
    wire.ws.close();
  });

  it("calls listeners in the context that is bound to start, promises included", async () => {
    const { socket, wire } = await joinWire(await startServer());
    const storage = bindStages("socket.io:event", "start");
    const seen: unknown[] = [];
    socket.on("hello", async () => {
      seen.push(storage.getStore());
      await turn();
      seen.push(storage.getStore());
    });
    wire.send('42["hello"]');
    await eventually(() => seen.length === 2);
    expect(seen).to.eql(["start", "start"]);
    expect(storage.getStore()).to.be(undefined);
  });

  it("a subscriber that throws causes an uncaught exception; the listeners are called nevertheless", async () => {
    const joined = await joinWire(await startServer());
    const errors = takeUncaught();
    listenTo("tracing:socket.io:event:start", () => {
      throw new Error("of the subscriber");
    });
    await heard(joined);
    await eventually(() => errors.length > 0);
    expect(errors).to.eql(["of the subscriber"]);
  });

  it("with captureRejections, the rejection of a listener is emitted as an error event", async () => {
    const { EventEmitter } = await import("node:events");
    EventEmitter.captureRejections = true;
    onTestEnd(() => {
      EventEmitter.captureRejections = false;
    });
    const { socket, wire } = await joinWire(await startServer());
    const { stages } = recordTracing("socket.io:event");
    socket.on("bad", () => failures.rejects("captured") as never);
    const came = nextEvent(socket, "error");
    wire.send('42["bad"]');
    const [error] = await came;
    expect(error.message).to.be("captured");
    expect(stages).to.eql(["start", "end", "error", "asyncStart", "asyncEnd"]);
  });
});

ownSuite("the tracing channel socket.io:server-side-event", () => {
  it("publishes the events of other servers, with the acknowledgement function", async () => {
    const [first, second] = (await startCluster(2)).nodes.map(({ io }) => io as any);
    const { stages, messages } = recordTracing("socket.io:server-side-event");
    second.on("sum", (a: number, b: number, answer: (sum: number) => void) => answer(a + b));
    expect(await first.serverSideEmitWithAck("sum", 1, 2)).to.eql([3]);
    expect(stages).to.eql(["start", "end"]);
    const [{ nsp, event, args, hasAck }] = messages;
    expect(nsp).to.be(second.sockets);
    expect(event).to.be("sum");
    expect(args.slice(0, 2)).to.eql([1, 2]);
    expect(hasAck).to.be(true);
  });

  it("a subscriber of start removes an argument that a subscriber of socket.io:adapter has added", async () => {
    const [first, second] = (await startCluster(2)).nodes.map(({ io }) => io as any);
    listenTo("tracing:socket.io:adapter:start", ({ args }) => args.push("context"));
    const taken: unknown[] = [];
    listenTo("tracing:socket.io:server-side-event:start", ({ args }) => taken.push(args.pop()));
    const came = nextEvent(second, "hello");
    first.serverSideEmit("hello", 1, { two: 2 });
    expect(await came).to.eql([1, { two: 2 }]);
    expect(taken).to.eql(["context"]);
  });
});

ownSuite("the channel socket.io:handler-error", () => {
  it("publishes the errors of listeners without onHandlerError, and without another subscriber", async () => {
    const { socket, wire } = await joinWire(await startServer());
    const errors = recordPlain("socket.io:handler-error");
    socket.on("bad", () => failures.throws("thrown"));
    socket.on("worse", () => failures.rejects("rejected") as never);
    await uncaught(() => wire.send('42["bad"]'));
    await unhandled(() => wire.send('42["worse"]'));
    expect(errors.map(({ event, error }) => [event, (error as Error).message])).to.eql([
      ["bad", "thrown"],
      ["worse", "rejected"],
    ]);
  });

  it("with onHandlerError, publishes the errors of handlers of any kind", async () => {
    const running = await startGuarded();
    const errors = recordPlain("socket.io:handler-error");
    running.io.on("connection", () => failures.throws("connection"));
    const { socket, wire } = await joinWire(running);
    socket.on("disconnect", () => failures.throws("disconnect"));
    wire.ws.close();
    await running.errors(2);
    expect(errors.map(({ phase, error }) => [phase, (error as Error).message])).to.eql([
      ["connection", "connection"],
      ["disconnect", "disconnect"],
    ]);
    expect(errors[1].socket).to.be(socket);
    expect(errors[1].nsp).to.be(running.io.sockets);
  });
});
