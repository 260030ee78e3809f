import { errorMonitor } from "node:events";
import expect from "expect.js";
import { guardMessages } from "../support/guard-messages";
import { failures, outline, startGuarded } from "../support/handler-errors";
import { heard, joinWire } from "../support/joined";
import { ownSuite } from "../support/own-tests";
import { startServer } from "../support/server";
import { uncaught } from "../support/uncaught";
import { nextEvent } from "../support/waiting";

for (const [how, fail] of Object.entries(failures)) {
  ownSuite(`with onHandlerError, a handler that ${how}`, () => {
    it("of an event is reported with its socket and namespace; other clients are served [security 2]", async () => {
      const running = await startGuarded();
      const { io, errors } = running;
      io.on("connection", (socket) => {
        socket.on("divide", () => fail("no argument"));
        socket.on("double", (number, ack) => ack(number * 2));
      });
      const attacker = await joinWire(running);
      const honest = await joinWire(running);
      attacker.wire.send('42["divide"]');
      honest.wire.send('421["double",21]');
      expect(await honest.wire.next()).to.be("431[42]");
      const [reported] = await errors(1);
      expect(outline([reported])).to.eql([["event", "divide", "no argument"]]);
      expect(reported.socket).to.be(attacker.socket);
      expect(reported.nsp).to.be(io.sockets);
      attacker.wire.send('421["double",1]');
      expect(await attacker.wire.next()).to.be("431[2]");
    });

    it("is reported on the diagnostics channel: HANDLER_ERROR [security 2]", async () => {
      const running = await startGuarded();
      const messages = guardMessages(running.io);
      const { wire, socket } = await joinWire(running);
      socket.on("hello", () => fail("no"));
      wire.send('42["hello"]');
      const [{ error }] = await running.errors(1);
      expect(messages).to.have.length(1);
      expect(messages[0]).to.eql({
        code: "HANDLER_ERROR",
        address: socket.conn.remoteAddress,
        conn: socket.conn,
        socket,
        nsp: running.io.sockets,
        detail: { error, phase: "event", event: "hello" },
      });
    });

    it("of a connection does not disconnect the client, and other handlers are called [security 2]", async () => {
      const running = await startGuarded();
      running.io.on("connect", () => fail("connect"));
      running.io.on("connection", () => fail("first"));
      running.io.on("connection", (socket) => socket.emit("welcome"));
      const { wire, socket } = await joinWire(running);
      expect(await wire.next()).to.be('42["welcome"]');
      const reported = await running.errors(2);
      expect(outline(reported)).to.eql([
        ["connection", undefined, "connect"],
        ["connection", undefined, "first"],
      ]);
      expect(reported[0].socket).to.be(socket);
      expect(socket.connected).to.be(true);
    });

    it("of a disconnection does not stop it [security 2]", async () => {
      const running = await startGuarded();
      const { wire, socket } = await joinWire(running);
      const seen: string[] = [];
      for (const event of ["disconnecting", "disconnect"] as const) {
        socket.on(event, () => fail(event));
        socket.on(event, () => seen.push(event));
      }
      wire.ws.close();
      expect(outline(await running.errors(2))).to.eql([
        ["disconnecting", undefined, "disconnecting"],
        ["disconnect", undefined, "disconnect"],
      ]);
      expect(seen).to.eql(["disconnecting", "disconnect"]);
      expect(running.io.sockets.sockets.size).to.be(0);
    });

    it("of onAny() and prependAny() does not prevent other handlers [security 2]", async () => {
      const running = await startGuarded();
      const { wire, socket } = await joinWire(running);
      const order: string[] = [];
      socket.onAny(() => order.push("any"));
      socket.prependAny(() => fail("before all"));
      socket.on("hello", (value, ack) => ack(value));
      wire.send('421["hello",7]');
      expect(await wire.next()).to.be("431[7]");
      expect(outline(await running.errors(1))).to.eql([["any", "hello", "before all"]]);
      expect(order).to.eql(["any"]);
    });

    it("of an error event is reported like that of another event [security 2]", async () => {
      const running = await startGuarded();
      const { wire, socket } = await joinWire(running);
      socket.use((_event, next) => next(new Error("not allowed")));
      socket.on("error", (error) => fail(`again: ${error.message}`));
      wire.send('42["hello"]');
      expect(outline(await running.errors(1))).to.eql([["event", "error", "again: not allowed"]]);
    });

    it("of an event of another server is reported as server-side [security 2]", async () => {
      const { io, errors } = await startGuarded();
      let others = 0;
      io.on("sync", () => fail("no"));
      io.on("sync", () => others++);
      io.sockets._onServerSideEmit(["sync", 1]);
      const [reported] = await errors(1);
      expect(outline([reported])).to.eql([["server-side", "sync", "no"]]);
      expect(reported.nsp).to.be(io.sockets);
      expect(reported.socket).to.be(undefined);
      expect(others).to.be(1);
    });

    it("of new_namespace, or a function passed to of(), does not affect other names [security 2]", async () => {
      const running = await startGuarded();
      running.io.on("new_namespace", (nsp) => fail(`made ${nsp.name}`));
      running.io.of((name, _auth, next) => {
        if (name === "/bad") {
          return fail("is it?") as undefined;
        }
        next(null, true);
      });
      const { wire } = await joinWire(running);
      expect(await wire.join("/bad")).to.be('44/bad,{"message":"Invalid namespace"}');
      expect(await wire.join("/good")).to.match(/^40\/good,/);
      expect(outline(await running.errors(2))).to.eql([
        ["namespace", undefined, "is it?"],
        ["namespace", "new_namespace", "made /good"],
      ]);
    });
  });

  ownSuite(`with onHandlerError, an acknowledgement that ${how}`, () => {
    it("is reported when the client sends an invalid answer [security 2]", async () => {
      const running = await startGuarded();
      const joined = await joinWire(running);
      const { wire, socket } = joined;
      socket.emit("question", () => fail("no answer in the answer"));
      await wire.next();
      wire.send("430[]");
      const [reported] = await running.errors(1);
      expect(outline([reported])).to.eql([["ack", "question", "no answer in the answer"]]);
      expect(reported.socket).to.be(socket);
      await heard(joined);
    });

    it("is reported when the client does not answer, or disconnects [security 2]", async () => {
      const running = await startGuarded();
      const { wire, socket } = await joinWire(running);
      socket.timeout(1).emit("question", (error: Error) => fail(error.message));
      await running.errors(1);
      socket.timeout(60_000).emit("another", (error: Error) => fail(error.message));
      wire.ws.close();
      expect(outline(await running.errors(2))).to.eql([
        ["ack", "question", "operation has timed out"],
        ["ack", "another", "socket has been disconnected"],
      ]);
    });

    it("is reported when it belongs to a broadcast [security 2]", async () => {
      const running = await startGuarded();
      const { wire } = await joinWire(running);
      running.io.timeout(60_000).emit("question", (_error: any, [answer]: any[]) => fail(answer));
      await wire.next();
      wire.send('430["what"]');
      expect(outline(await running.errors(1))).to.eql([["ack", "question", "what"]]);
    });
  });
}

ownSuite("with onHandlerError, the handlers of an event", () => {
  it("are called one after the other, as registered when the event arrived, with the socket as this [security 2]", async () => {
    const running = await startGuarded();
    const joined = await joinWire(running);
    const { wire, socket } = joined;
    const order: unknown[] = [];
    socket.on("hello", function (this: unknown, ...args: unknown[]) {
      order.push([this === socket, ...args]);
      socket.on("hello", () => order.push("added"));
      socket.off("hello", removed);
      throw new Error("first");
    });
    const removed = () => order.push("removed meanwhile, and called once more");
    socket.on("hello", removed);
    wire.send('42["hello",1,"a"]');
    await heard(joined);
    expect(order).to.eql([[true, 1, "a"], "removed meanwhile, and called once more"]);
    expect(outline(running.reported)).to.eql([["event", "hello", "first"]]);
  });

  it("that were added with once() are called once, and reported [security 2]", async () => {
    const running = await startGuarded();
    const joined = await joinWire(running);
    const { wire, socket } = joined;
    socket.once("hello", async () => {
      throw new Error("once");
    });
    wire.send('42["hello"]', '42["hello"]');
    await heard(joined);
    expect(outline(running.reported)).to.eql([["event", "hello", "once"]]);
    expect(socket.listenerCount("hello")).to.be(0);
  });

  it("may return values that are not promises, such as queries that start when then() is called [security 2]", async () => {
    const running = await startGuarded();
    const joined = await joinWire(running);
    const method = "then";
    const withThen = (then: unknown) => ({ [method]: then });
    let started = 0;
    const results = [null, 0, withThen(1), withThen(() => started++)];
    for (const result of results) {
      joined.socket.on("hello", () => result);
    }
    joined.wire.send('42["hello"]');
    await heard(joined);
    expect(started).to.be(0);
    expect(running.reported).to.eql([]);
  });

  it("are not called for an event without a name, which is harmless [security 2]", async () => {
    const running = await startGuarded();
    const honest = await joinWire(running);
    const { socket, wire } = await joinWire(running);
    const events: unknown[][] = [];
    socket.onAny((...event: unknown[]) => events.push(event));
    wire.send("42", "427");
    await heard({ socket, wire });
    expect(events.map(([name]) => typeof name)).to.eql(["undefined", "function", "string"]);
    await heard(honest);
    expect(running.reported).to.eql([]);
  });

  it("of error are called in addition to errorMonitor; an error without handlers is reported [security 2, 16]", async () => {
    const running = await startGuarded();
    const joined = await joinWire(running);
    const { wire, socket } = joined;
    const seen: unknown[] = [];
    socket.on(errorMonitor as never, ((value: unknown) => seen.push(["monitor", value])) as never);
    socket.on("error", ((value: unknown) => seen.push(["listener", value])) as never);
    wire.send('42["error",1]');
    await heard(joined);
    expect(seen).to.eql([
      ["monitor", 1],
      ["listener", 1],
    ]);
    socket.removeAllListeners("error");
    wire.send('42["error",2]');
    const [{ error }] = await running.errors(1);
    expect(error.code).to.be("ERR_UNHANDLED_ERROR");
    await heard(joined);
  });
});

ownSuite("an onHandlerError that throws", () => {
  it("causes an uncaught error, like other code that throws; later events are handled [security 2]", async () => {
    const running = await startServer({
      onHandlerError() {
        throw new Error("from onHandlerError");
      },
    });
    const joined = await joinWire(running);
    const { wire, socket } = joined;
    const later = nextEvent(socket, "later");
    let others = 0;
    socket.on("hello", () => {
      throw new Error("from the handler");
    });
    socket.on("hello", () => others++);
    const error: any = await uncaught(() => wire.send('42["hello"]'));
    expect(error.message).to.be("from onHandlerError");
    expect(others).to.be(1);
    wire.send('42["later"]');
    await later;
  });
});

describe("without onHandlerError, a handler that throws", () => {
  it("causes an uncaught error, and later handlers are not called [security 2]", async () => {
    const running = await startServer();
    const joined = await joinWire(running);
    const { wire, socket } = joined;
    let others = 0;
    socket.on("hello", () => {
      throw new Error("from the handler");
    });
    socket.on("hello", () => others++);
    const error: any = await uncaught(() => wire.send('42["hello"]'));
    expect(error.message).to.be("from the handler");
    expect(others).to.be(0);
    await heard(joined);
  });
});
