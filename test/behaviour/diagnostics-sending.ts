import expect from "expect.js";
import * as z from "zod";
import { contract } from "../../lib/contract/contract";
import { bindStages, recordTracing } from "../support/channels";
import { stopClock } from "../support/clock";
import { startCluster } from "../support/cluster";
import { joinWire } from "../support/joined";
import { ownSuite } from "../support/own-tests";
import { startServer } from "../support/server";
import { eventually, nextEvent } from "../support/waiting";

const AMPLE = 60_000;

ownSuite("the tracing channel socket.io:emit", () => {
  it("publishes each call of socket.emit(), with its arguments and flags", async () => {
    const { socket, wire } = await joinWire(await startServer());
    const { stages, messages } = recordTracing("socket.io:emit");
    const data = { deep: {} };
    socket.emit("hello", 1, data);
    socket.volatile.compress(false).emit("position");
    expect(stages).to.eql(["start", "end", "start", "end"]);
    expect(await wire.next()).to.be('42["hello",1,{"deep":{}}]');
    const [hello, position] = messages;
    expect(hello.socket).to.be(socket);
    expect(hello.nsp).to.be(socket.nsp);
    expect(hello.event).to.be("hello");
    expect(hello.args).to.have.length(2);
    expect(hello.args[1]).to.be(data);
    expect([hello.volatile, hello.compress, hello.hasAck, hello.isAsync]).to.eql([false, true, false, false]);
    expect([position.volatile, position.compress]).to.eql([true, false]);
  });

  it("publishes the error of arguments that cannot be encoded, which emit() throws", async () => {
    const { socket } = await joinWire(await startServer());
    const { stages, messages } = recordTracing("socket.io:emit");
    const circular: any = {};
    circular.self = circular;
    expect(() => socket.emit("hello", circular)).to.throwError();
    expect(stages).to.eql(["start", "error", "end"]);
    expect((messages[0].error as any).code).to.be("UNSERIALIZABLE");
  });

  it("calls the listeners of onAnyOutgoing() in the context that is bound to start", async () => {
    const { socket } = await joinWire(await startServer());
    const storage = bindStages("socket.io:emit", "start");
    let seen: unknown;
    socket.onAnyOutgoing(() => {
      seen = storage.getStore();
    });
    socket.emit("hello");
    expect(seen).to.be("start");
  });

  it("publishes emits with connection state recovery too", async () => {
    const { socket, wire } = await joinWire(await startServer({ connectionStateRecovery: {} }));
    const { stages } = recordTracing("socket.io:emit");
    socket.emit("hello");
    expect(stages).to.eql(["start", "end"]);
    expect(String(await wire.next())).to.contain("hello");
  });
});

ownSuite("the tracing channel socket.io:broadcast", () => {
  it("publishes events for rooms, with their receivers on this server", async () => {
    const running = await startServer();
    const members = [await joinWire(running), await joinWire(running), await joinWire(running)];
    members[0].socket.join("room");
    members[1].socket.join(["room", "other"]);
    const { stages, messages } = recordTracing("socket.io:broadcast");
    const data = { deep: {} };
    running.io.to("room").emit("hello", data);
    running.io.to("room").except("other").local.volatile.compress(false).emit("quick");
    running.io.emit("everybody");
    running.io.to("nowhere").emit("nobody");
    expect(stages.slice(0, 2)).to.eql(["start", "end"]);
    expect(messages.map(({ event, receivers }) => [event, receivers])).to.eql([
      ["hello", 2],
      ["quick", 1],
      ["everybody", 3],
      ["nobody", 0],
    ]);
    const [hello, quick, everybody] = messages;
    expect(hello.nsp).to.be(running.io.sockets);
    expect(hello.args[0]).to.be(data);
    expect([...hello.rooms]).to.eql(["room"]);
    expect([...hello.except]).to.eql([]);
    expect([hello.local, hello.volatile, hello.compress, hello.hasAck]).to.eql([false, false, true, false]);
    expect([...quick.except]).to.eql(["other"]);
    expect([quick.local, quick.volatile, quick.compress]).to.eql([true, true, false]);
    expect([...everybody.rooms]).to.eql([]);
  });

  it("counts the receivers on the own server only, with an adapter of npm", async () => {
    const [first, second] = (await startCluster(2)).nodes;
    const here = await joinWire(first);
    const there = await joinWire(second);
    const { stages, messages } = recordTracing("socket.io:broadcast");
    first.io.emit("hello");
    expect(await here.wire.next()).to.be('42["hello"]');
    expect(await there.wire.next()).to.be('42["hello"]');
    expect(messages).to.have.length(1);
    expect(messages[0].receivers).to.be(1);
    // the adapter sends the event to the other servers first
    expect(messages[0].isAsync).to.be(true);
    await eventually(() => stages.length === 4);
    expect(stages).to.eql(["start", "end", "asyncStart", "asyncEnd"]);
  });

  it("publishes socket.broadcast, and the error of arguments that cannot be encoded", async () => {
    const running = await startServer();
    const { socket } = await joinWire(running);
    await joinWire(running);
    const { stages, messages } = recordTracing("socket.io:broadcast");
    socket.broadcast.emit("hello");
    expect(messages[0].receivers).to.be(1);
    expect([...messages[0].except]).to.eql([socket.id]);
    const circular: any = {};
    circular.self = circular;
    expect(() => running.io.emit("hello", circular)).to.throwError();
    expect(stages.slice(2)).to.eql(["start", "error", "end"]);
  });
});

ownSuite("the tracing channel socket.io:ack", () => {
  it("publishes start and end when the event is sent, asyncStart and asyncEnd around the callback", async () => {
    const { socket, wire } = await joinWire(await startServer());
    const order: string[] = [];
    const { messages } = recordTracing("socket.io:ack", (stage) => order.push(stage));
    const answered = new Promise((resolve) =>
      socket.emit("question", 1, (answer: unknown) => {
        order.push("callback");
        resolve(answer);
      }),
    );
    expect(order).to.eql(["start", "end"]);
    const [message] = messages;
    expect(message.isAsync).to.be(true);
    expect([message.expected, message.received]).to.eql([1, 0]);
    expect(await wire.next()).to.be('420["question",1]');
    wire.send('430[{"a":1}]');
    expect(await answered).to.eql({ a: 1 });
    expect(order).to.eql(["start", "end", "asyncStart", "callback", "asyncEnd"]);
    expect(message.socket).to.be(socket);
    expect(message.nsp).to.be(socket.nsp);
    expect(message.event).to.be("question");
    expect(message.args).to.eql([1]);
    expect(message.timeout).to.be(undefined);
    expect(message.received).to.be(1);
    expect(message.answers).to.eql([{ a: 1 }]);
  });

  it("refers to the message about the event, if there is one", async () => {
    const running = await startServer();
    const { socket } = await joinWire(running);
    const acks = recordTracing("socket.io:ack");
    running.io.timeout(AMPLE).emit("question", () => {});
    socket.emit("question", () => {});
    const emits = recordTracing("socket.io:emit");
    const broadcasts = recordTracing("socket.io:broadcast");
    running.io.timeout(AMPLE).emit("question", () => {});
    socket.emit("question", () => {});
    expect(acks.messages.map(({ sent }) => sent)).to.eql([
      undefined,
      undefined,
      broadcasts.messages[0],
      emits.messages[0],
    ]);
    expect(acks.messages[3].sent).to.be(emits.messages[0]);
    socket.disconnect();
  });

  it("publishes the error of a timeout", async () => {
    const { socket } = await joinWire(await startServer());
    const { stages, messages } = recordTracing("socket.io:ack");
    const error = await socket
      .timeout(1)
      .emitWithAck("question")
      .catch((reason: unknown) => reason);
    expect(stages).to.eql(["start", "end", "error", "asyncStart", "asyncEnd"]);
    expect(messages[0].error).to.be(error);
    expect(messages[0].timeout).to.be(1);
    expect([messages[0].received, messages[0].answers]).to.eql([0, []]);
  });

  for (const timeout of [undefined, AMPLE]) {
    it(`publishes an error if the client leaves before it answers, with ${timeout ? "a" : "no"} timeout`, async () => {
      const { socket, wire } = await joinWire(await startServer());
      const { stages, messages } = recordTracing("socket.io:ack");
      let calls = 0;
      (timeout ? socket.timeout(timeout) : socket).emit("question", () => calls++);
      wire.ws.close();
      await eventually(() => stages.includes("asyncEnd"));
      expect(stages).to.eql(["start", "end", "error", "asyncStart", "asyncEnd"]);
      expect((messages[0].error as any).code).to.be("SOCKET_DISCONNECTED");
      expect(calls).to.be(timeout ? 1 : 0);
    });
  }

  it("publishes a broadcast, with the numbers of clients that are asked and have answered", async () => {
    const running = await startServer();
    const [one, two] = [await joinWire(running), await joinWire(running)];
    const { stages, messages } = recordTracing("socket.io:ack");
    const broadcasts = recordTracing("socket.io:broadcast");
    const answered = running.io.timeout(AMPLE).emitWithAck("question", "?");
    expect(stages).to.eql(["start", "end"]);
    expect(broadcasts.messages[0].hasAck).to.be(true);
    expect(broadcasts.messages[0].receivers).to.be(2);
    await one.wire.next();
    await two.wire.next();
    one.wire.send('430["a"]');
    two.wire.send('430["b"]');
    expect((await answered).sort()).to.eql(["a", "b"]);
    expect(stages).to.eql(["start", "end", "asyncStart", "asyncEnd"]);
    const [{ socket, event, args, rooms, timeout, expected, received, answers }] = messages;
    expect(socket).to.be(undefined);
    expect([event, args, [...(rooms ?? [])]]).to.eql(["question", ["?"], []]);
    expect([timeout, expected, received]).to.eql([AMPLE, 2, 2]);
    expect([...(answers ?? [])].sort()).to.eql(["a", "b"]);
  });

  it("publishes the error of a broadcast, with the answers that have arrived", async () => {
    const running = await startServer();
    const one = await joinWire(running);
    await joinWire(running);
    const { stages, messages } = recordTracing("socket.io:ack");
    const clock = stopClock();
    const failed = new Promise((resolve) =>
      running.io.timeout(AMPLE).emit("question", (error: unknown) => resolve(error)),
    );
    await one.wire.next();
    one.wire.send('430["a"]');
    await eventually(() => one.socket.acks.size === 0);
    clock.tick(AMPLE);
    expect(await failed).to.be(messages[0].error);
    expect(stages).to.eql(["start", "end", "error", "asyncStart", "asyncEnd"]);
    expect([messages[0].expected, messages[0].received, messages[0].answers]).to.eql([2, 1, ["a"]]);
  });

  for (const timeout of [undefined, AMPLE]) {
    it(`publishes the error of an answer that does not follow the contract, with ${timeout ? "a" : "no"} timeout`, async () => {
      const definition = contract({ serverToClient: { question: { ack: z.number() } } });
      const { socket, wire } = await joinWire(await startServer({ contract: definition }));
      const { stages, messages } = recordTracing("socket.io:ack");
      const sender = timeout ? socket.timeout(timeout) : socket;
      const failed = sender.emitWithAck("question").catch((reason: unknown) => reason);
      await wire.next();
      wire.send('430["not a number"]');
      expect(await failed).to.be(messages[0].error);
      expect((messages[0].error as any).code).to.be("INVALID_PAYLOAD");
      expect(stages).to.eql(["start", "end", "error", "asyncStart", "asyncEnd"]);
    });
  }

  it("publishes nothing if the event cannot be encoded", async () => {
    const running = await startServer();
    const { socket } = await joinWire(running);
    const { stages } = recordTracing("socket.io:ack");
    for (const sender of [running.io, socket]) {
      expect(() => sender.timeout(AMPLE).emit("question", 1n, () => {})).to.throwError();
    }
    expect(stages).to.eql([]);
  });

  it("publishes the error of a signal that is aborted, and nothing if it was aborted before", async () => {
    const running = await startServer();
    const { socket } = await joinWire(running);
    const { stages, messages } = recordTracing("socket.io:ack");
    const controller = new AbortController();
    const failed = socket
      .withSignal(controller.signal)
      .emitWithAck("question")
      .catch((reason: unknown) => reason);
    controller.abort();
    expect(await failed).to.be(messages[0].error);
    expect(stages).to.eql(["start", "end", "error", "asyncStart", "asyncEnd"]);
    await socket
      .withSignal(controller.signal)
      .emitWithAck("question")
      .catch(() => {});
    await running.io
      .withSignal(controller.signal)
      .emitWithAck("question")
      .catch(() => {});
    expect(messages).to.have.length(1);
  });

  it("publishes how many clients have answered until the end of emitWithAckIterator()", async () => {
    const running = await startServer();
    const [one, two] = [await joinWire(running), await joinWire(running)];
    const { stages, messages } = recordTracing("socket.io:ack");
    const answers = running.io.timeout(AMPLE).emitWithAckIterator("question");
    await one.wire.next();
    one.wire.send('430["a"]');
    expect(await answers.next()).to.eql({ value: "a", done: false });
    await answers.return();
    expect(stages).to.eql(["start", "end", "asyncStart", "asyncEnd"]);
    expect([messages[0].expected, messages[0].received, messages[0].answers]).to.eql([2, 1, undefined]);
    await two.wire.next();
  });

  it("calls callbacks in the context that is bound to asyncStart", async () => {
    const joined = await joinWire(await startServer());
    const storage = bindStages("socket.io:ack", "asyncStart");
    const seen = new Promise((resolve) => joined.socket.emit("question", () => resolve(storage.getStore())));
    await joined.wire.next();
    joined.wire.send("430[]");
    expect(await seen).to.be("asyncStart");
  });
});

ownSuite("the tracing channel socket.io:adapter", () => {
  it("publishes requests to the other servers, with their answers", async () => {
    const [first, second] = (await startCluster(2)).nodes;
    const here = await joinWire(first);
    const there = await joinWire(second);
    const { stages, messages } = recordTracing("socket.io:adapter");
    const sockets = await first.io.in(["a", here.socket.id, there.socket.id]).except("b").fetchSockets();
    expect(sockets).to.have.length(2);
    expect(stages).to.eql(["start", "end", "asyncStart", "asyncEnd"]);
    const ids = await first.io.allSockets();
    expect([...ids]).to.contain(here.socket.id);
    const [fetched, all] = messages;
    expect(fetched.nsp).to.be(first.io.sockets);
    expect(fetched.request).to.be("fetchSockets");
    expect([...(fetched.rooms ?? [])]).to.contain("a");
    expect([...(fetched.except ?? [])]).to.eql(["b"]);
    expect(fetched.local).to.be(false);
    expect(fetched.result).to.have.length(2);
    expect([all.request, all.result]).to.eql(["allSockets", ids]);
  });

  it("publishes requests without an answer", async () => {
    const running = await startServer();
    const { socket } = await joinWire(running);
    const { stages, messages } = recordTracing("socket.io:adapter");
    running.io.socketsJoin("a");
    running.io.local.socketsLeave("a");
    running.io.in("a").disconnectSockets();
    expect(stages).to.eql(["start", "end", "start", "end", "start", "end"]);
    expect(messages.map(({ request, local, isAsync }) => [request, local, isAsync])).to.eql([
      ["socketsJoin", false, false],
      ["socketsLeave", true, false],
      ["disconnectSockets", false, false],
    ]);
    expect(socket.connected).to.be(true);
  });

  it("publishes serverSideEmit() with and without an acknowledgement", async () => {
    const [first, second] = (await startCluster(2)).nodes.map(({ io }) => io as any);
    const { stages, messages } = recordTracing("socket.io:adapter");
    const came = nextEvent(second, "hello");
    first.serverSideEmit("hello", 1);
    expect(stages).to.eql(["start", "end"]);
    expect(await came).to.eql([1]);
    second.on("question", (_q: string, answer: (text: string) => void) => answer("yes"));
    expect(await first.serverSideEmitWithAck("question", "?")).to.eql(["yes"]);
    expect(stages).to.eql(["start", "end", "start", "end", "asyncStart", "asyncEnd"]);
    const [hello, question] = messages;
    expect([hello.request, hello.event, hello.args, hello.hasAck]).to.eql([
      "serverSideEmit",
      "hello",
      [1],
      false,
    ]);
    expect([question.args, question.hasAck, question.result]).to.eql([["?"], true, ["yes"]]);
  });
});
