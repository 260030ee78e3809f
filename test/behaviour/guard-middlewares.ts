import expect from "expect.js";
import { stopClock } from "../support/clock";
import { guardMessages } from "../support/guard-messages";
import { failures, outline, startGuarded } from "../support/handler-errors";
import { heard, joinMore, joinPolling, joinWire } from "../support/joined";
import { ownSuite, ownTest } from "../support/own-tests";
import { startServer } from "../support/server";
import { connectV2 } from "../support/v2-client";
import { eventually, nextEvent, nextValue } from "../support/waiting";
import { openPolling, openWire } from "../support/wire";

/** What a client receives when a middleware fails. */
const UNDECIDED = '{"message":"The server could not decide whether the client may connect"}';

for (const [how, fail] of Object.entries(failures)) {
  ownSuite(`with onHandlerError, a middleware that ${how}`, () => {
    it("refuses the client with a general text, and others can connect [security 2, 28]", async () => {
      const running = await startGuarded();
      const { io, url } = running;
      const messages = guardMessages(io);
      io.use((socket, next) => (socket.handshake.auth.token ? next() : (fail("no token") as undefined)));
      const wire = await openWire(url);
      expect(await wire.join()).to.be(`44${UNDECIDED}`);
      expect(await wire.join("/", { token: 1 })).to.match(/^40\{"sid"/);
      const [reported] = running.reported;
      expect(outline(running.reported)).to.eql([["middleware", undefined, "no token"]]);
      expect(reported.nsp).to.be(io.sockets);
      expect(reported.socket.connected).to.be(false);
      expect(messages.map(({ code }) => code)).to.eql(["HANDLER_ERROR"]);
      await eventually(() => io.sockets._preConnectSockets.size === 0);
    });

    it("prevents the next middleware from running [security 2]", async () => {
      const running = await startGuarded();
      let calls = 0;
      running.io.use((_socket, next) => next());
      running.io.use(() => fail("second") as undefined);
      running.io.use((_socket, next) => {
        calls++;
        next();
      });
      expect(await (await openWire(running.url)).join()).to.be(`44${UNDECIDED}`);
      expect(calls).to.be(0);
    });

    it("after it has called next() does not refuse the client [security 2]", async () => {
      const running = await startGuarded();
      running.io.use((_socket, next) => {
        next();
        return fail("too late") as undefined;
      });
      await joinWire(running);
      expect(outline(await running.errors(1))).to.eql([["middleware", undefined, "too late"]]);
    });

    it("refuses a client of version 2 too [security 2, 28, 85]", async () => {
      const running = await startGuarded({ allowEIO3: true });
      running.io.use(() => fail("no") as undefined);
      expect(await nextValue(connectV2(running.url), "error")).to.be(JSON.parse(UNDECIDED).message);
    });
  });

  ownSuite(`with onHandlerError, a packet middleware that ${how}`, () => {
    it("drops the event and is reported; the next event is handled [security 2]", async () => {
      const running = await startGuarded();
      const joined = await joinWire(running);
      const { wire, socket } = joined;
      const seen: unknown[] = [];
      socket.use((event, next) => {
        // also when it calls next() later
        setImmediate(next);
        if (event[0] === "bad") {
          return fail("bad event") as undefined;
        }
      });
      socket.on("bad", () => seen.push("bad"));
      socket.on("error", (error) => seen.push(error));
      wire.send('42["bad"]');
      const [reported] = await running.errors(1);
      await heard(joined);
      expect(outline(running.reported)).to.eql([["packet-middleware", "bad", "bad event"]]);
      expect(reported.socket).to.be(socket);
      expect(seen).to.eql([]);
    });
  });
}

ownSuite("with onHandlerError, a value that a middleware throws", () => {
  for (const [what, thrown] of [
    ["an error", new Error("connect ECONNREFUSED postgres://app:secret@10.0.0.7")],
    ["an error with data", Object.assign(new Error("no"), { data: { a: 1 } })],
    ["a string", "no"],
    ["undefined", undefined],
  ] as const) {
    it(`is not sent to the client: ${what} [security 2, 28]`, async () => {
      const running = await startGuarded();
      running.io.use(() => {
        throw thrown;
      });
      expect(await (await openWire(running.url)).join()).to.be(`44${UNDECIDED}`);
      expect(running.reported[0].error).to.be(thrown);
    });
  }

  it("is not sent to the client, but a value that is passed to next() is [security 28]", async () => {
    const running = await startGuarded();
    running.io.use((_socket, next) => next(Object.assign(new Error("for the client"), { data: { a: 1 } })));
    const answer = await (await openWire(running.url)).join();
    expect(answer).to.be('44{"message":"for the client","data":{"a":1}}');
    expect(running.reported).to.eql([]);
  });

  for (const [how, fail] of Object.entries(failures)) {
    it(`is not sent to the client by the function of a dynamic namespace that ${how} [security 28]`, async () => {
      const running = await startGuarded();
      running.io.of((() => fail("secret")) as never);
      const answer = await (await openWire(running.url)).join("/x");
      expect(answer).to.be('44/x,{"message":"Invalid namespace"}');
      expect(outline(running.reported)).to.eql([["namespace", undefined, "secret"]]);
    });
  }
});

describe("a middleware that never calls next()", () => {
  for (const transport of ["websocket", "polling"] as const) {
    it(`delays its client no longer than connectTimeout over ${transport} [security 5, 21, 49]`, async () => {
      const clock = stopClock();
      const { io, url } = await startServer({ connectTimeout: 10 });
      let connections = 0;
      io.on("connection", () => connections++);
      const held = new Promise<{ socket: any; next: () => void }>((resolve) => {
        io.use((socket, next) => resolve({ socket, next }));
      });
      const wire = await (transport === "polling" ? openPolling(url) : openWire(url));
      wire.next().catch(() => {});
      await ("post" in wire ? wire.post("40") : wire.send("40"));
      const { socket, next } = await held;
      clock.tick(10);
      await eventually(() => io.engine.clientsCount === 0);
      next();
      await new Promise(setImmediate);
      expect(connections).to.be(0);
      expect(socket.connected).to.be(false);
      expect(io.sockets._preConnectSockets.size).to.be(0);
    });
  }

  it("does not prevent the client from joining another namespace, and does not disconnect it there [security 5, 21]", async () => {
    const clock = stopClock();
    const running = await startServer({ connectTimeout: 30 });
    const { io, url } = running;
    const held = new Promise((resolve) => io.of("/slow").use((socket) => resolve(socket)));
    const wire = await openWire(url);
    wire.send("40/slow,");
    await held;
    const joined = await joinMore(io, wire, "/");
    // a connection that was opened later is closed before
    const silent = await openWire(url);
    clock.tick(30);
    await silent.closed;
    await heard(joined);
    expect(io.of("/slow")._preConnectSockets.size).to.be(1);
  });

  ownTest("is finished when the client disconnects: nothing of it is kept [security 5, 49]", async () => {
    const running = await startServer();
    const slow = running.io.of("/slow");
    let held = 0;
    slow.use((socket) => {
      socket.join("room");
      socket.emit("early", () => {});
      held++;
    });
    for (let i = 1; i <= 50; i++) {
      const { wire, socket } = await joinWire(running);
      wire.send("40/slow,");
      await eventually(() => held === i);
      const left = nextEvent(socket, "disconnect");
      wire.ws.close();
      await left;
    }
    await eventually(() => slow._preConnectSockets.size === 0);
    expect(slow.adapter.rooms.size).to.be(0);
    expect(slow.adapter.sids.size).to.be(0);
    expect(running.io.engine.clientsCount).to.be(0);
  });
});

ownSuite("a client that sends CONNECT repeatedly while its middleware is pending", () => {
  for (const transport of ["websocket", "polling"] as const) {
    it(`runs the middleware once over ${transport} [security 3]`, async () => {
      const running = await startServer();
      const slow = running.io.of("/slow");
      let runs = 0;
      slow.use(() => {
        runs++;
      });
      const honest = await joinWire(running);
      const attacker = transport === "websocket" ? await joinWire(running) : await joinPolling(running);
      const heardMark = nextEvent(attacker.socket, "mark");
      if ("wire" in attacker) {
        attacker.wire.send(...Array(1_000).fill("40/slow,"), '42["mark"]');
      } else {
        await attacker.polling.post(...Array(1_000).fill("40/slow,"), '42["mark"]');
      }
      await heardMark;
      await heard(honest);
      expect(runs).to.be(1);
      expect(slow._preConnectSockets.size).to.be(1);
    });
  }

  it("can join other namespaces meanwhile, and try again after a refusal [security 3]", async () => {
    const running = await startServer();
    const pending: ((error?: Error) => void)[] = [];
    running.io.of("/other");
    running.io.of("/slow").use((_socket, next) => pending.push(next));
    const { wire } = await joinWire(running);
    wire.send("40/slow,");
    expect(await wire.join("/other")).to.match(/^40\/other,/);
    await eventually(() => pending.length === 1);
    pending[0](new Error("not yet"));
    expect(await wire.next()).to.be('44/slow,{"message":"not yet"}');
    wire.send("40/slow,");
    await eventually(() => pending.length === 2);
    pending[1]();
    expect(await wire.next()).to.match(/^40\/slow,/);
  });
});
