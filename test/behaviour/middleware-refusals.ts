import expect from "expect.js";
import { startGuarded } from "../support/handler-errors";
import { joinWire } from "../support/joined";
import { ownSuite } from "../support/own-tests";
import { startServer } from "../support/server";
import { subjectName } from "../support/subject";
import { uncaught, unhandled } from "../support/uncaught";
import { connectV2 } from "../support/v2-client";
import { eventually, nextValue } from "../support/waiting";
import { openPolling, openWire } from "../support/wire";

// the reference server sends an empty message, or none

const GENERAL = "The server could not decide whether the client may connect";

ownSuite("a middleware that refuses with next()", () => {
  for (const [what, given, answer] of [
    ["a text", "unauthorized", { message: "unauthorized" }],
    ["a number", 401, { message: "401" }],
    ["true", true, { message: "true" }],
    ["a symbol", Symbol("no"), { message: "Symbol(no)" }],
    ["an object with a message", { message: "no", data: 1 }, { message: "no", data: 1 }],
    ["an object without a message", { data: 1, reason: "x" }, { message: GENERAL, data: 1 }],
    ["an error without a message", new Error(), { message: "" }],
  ] as const) {
    it(`and ${what} sends it to the client [47]`, async () => {
      const { io, url } = await startServer();
      io.use((_socket, next) => (next as (given: unknown) => void)(given));
      const packet = String(await (await openWire(url)).join());
      expect(JSON.parse(packet.slice("44".length))).to.eql(answer);
    });
  }

  it("and a string sends it to a real client [47]", async () => {
    const { io, connect } = await startServer();
    io.use((_socket, next) => (next as (given: unknown) => void)("unauthorized"));
    expect((await nextValue<Error>(connect(), "connect_error")).message).to.be("unauthorized");
  });

  it("and a string sends it to a client of version 2 [47, 85]", async () => {
    const { io, url } = await startServer({ allowEIO3: true });
    io.use((_socket, next) => (next as (given: unknown) => void)("unauthorized"));
    expect(await nextValue(connectV2(url), "error")).to.be("unauthorized");
  });

  it("and an empty value accepts the client, as before [47]", async () => {
    const running = await startServer();
    for (const nothing of [undefined, null, "", 0, false]) {
      running.io.use((_socket, next) => (next as (given: unknown) => void)(nothing));
    }
    await joinWire(running);
  });
});

ownSuite("a middleware that refuses with data that cannot be encoded", () => {
  const refusal = Object.assign(new Error("no"), { data: { id: 1n } });

  it("refuses the client without the data; the error is uncaught, like that of an emit() [47]", async () => {
    const { io, url } = await startServer();
    io.use((_socket, next) => next(refusal));
    let packet = "";
    const error: any = await uncaught(async () => {
      packet = String(await (await openWire(url)).join());
    });
    expect(error.code).to.be("UNSERIALIZABLE");
    await eventually(() => packet !== "");
    expect(packet).to.be('44{"message":"no"}');
    expect(io.of("/")._preConnectSockets.size).to.be(0);
  });

  it("refuses a client of version 2 with the message; onHandlerError receives the error [47, 85]", async () => {
    const { io, url, errors } = await startGuarded({ allowEIO3: true });
    io.use((_socket, next) => next(refusal));
    expect(await nextValue(connectV2(url), "error")).to.be("no");
    const [{ error, phase }] = await errors(1);
    expect([error.code, phase]).to.eql(["UNSERIALIZABLE", "middleware"]);
  });
});

ownSuite("a middleware that fails", () => {
  for (const [how, fail] of [
    ["rejects", async (error: Error) => Promise.reject(error)],
    [
      "throws",
      (error: Error) => {
        throw error;
      },
    ],
  ] as const) {
    it(`and ${how} refuses the client at once; the rejection is unhandled [47]`, async () => {
      const { io, url } = await startServer();
      const error = Object.assign(new Error("the password of the database is wrong"), { data: "secret" });
      io.use(() => fail(error) as unknown as undefined);
      const wire = await openWire(url);
      const answer = wire.next();
      expect(await unhandled(() => wire.send("40"))).to.be(error);
      expect(JSON.parse(String(await answer).slice("44".length))).to.eql({ message: GENERAL });
      await eventually(() => io.sockets._preConnectSockets.size === 0);
    });

    it(`and ${how} after it has called next() does not refuse the client [47]`, async () => {
      const { io, url } = await startServer();
      const error = new Error("too late");
      io.use((_socket, next) => {
        next();
        return fail(error) as unknown as undefined;
      });
      const wire = await openWire(url);
      const answer = wire.next();
      expect(await unhandled(() => wire.send("40"))).to.be(error);
      expect(await answer).to.match(/^40\{"sid"/);
    });
  }

  it("does not start a query that a middleware returns [47]", async () => {
    const running = await startServer();
    let begun = 0;
    const query = {
      // biome-ignore lint/suspicious/noThenProperty: query builders return such objects
      then() {
        begun++;
      },
    };
    running.io.use((_socket, next) => {
      next();
      return query as unknown as undefined;
    });
    await joinWire(running);
    expect(begun).to.be(0);
  });
});

ownSuite("a middleware that disconnects the socket", () => {
  for (const transport of ["websocket", "polling"] as const) {
    it(`with disconnect(true) closes the connection over ${transport} [47, 62]`, async () => {
      const { io, url } = await startServer();
      let connections = 0;
      io.on("connection", () => connections++);
      io.use((socket, next) => {
        socket.disconnect(true);
        next();
      });
      if (transport === "websocket") {
        const wire = await openWire(url);
        wire.send("40");
        await wire.closed;
      } else {
        const polling = await openPolling(url);
        await polling.post("40");
        expect(await polling.next()).to.be("1");
      }
      await eventually(() => io.engine.clientsCount === 0);
      expect(connections).to.be(0);
      expect(io.sockets._preConnectSockets.size).to.be(0);
    });
  }

  for (const [what, then, message] of [
    ["and never calls next() refuses the client", () => {}, "socket has been disconnected"],
    ["and calls next() refuses the client", (next) => next(), "socket has been disconnected"],
    ["and refuses the client sends the reason", (next) => next(new Error("banned")), "banned"],
    ["and calls next() later refuses the client", (next) => setTimeout(next), "socket has been disconnected"],
  ] as [string, (next: (error?: Error) => void) => void, string][]) {
    it(`with disconnect() ${what} [47, 62]`, async () => {
      const running = await startServer();
      const { io, url } = running;
      let isFirst = true;
      io.use((socket, next) => {
        if (isFirst) {
          isFirst = false;
          expect(socket.disconnect()).to.be(socket);
          then(next);
        } else {
          next();
        }
      });
      const wire = await openWire(url);
      expect(await wire.join()).to.be(`44${JSON.stringify({ message })}`);
      expect(await wire.join()).to.match(/^40/);
      expect(io.sockets.sockets.size).to.be(1);
      expect(io.sockets._preConnectSockets.size).to.be(0);
    });
  }
});

describe("a middleware that emits an event", () => {
  for (const recovery of [undefined, {}, { skipMiddlewares: false }]) {
    const options = { connectionStateRecovery: recovery };
    // the reference server loses the event with recovery
    const test = recovery && subjectName === "reference" ? it.skip : it;
    test(`delivers it in order, with ${JSON.stringify(options)} [47]`, async () => {
      const { io, connect } = await startServer(options as never);
      io.use((socket, next) => {
        socket.emit("early", 1, "text");
        socket.emit("early", 2);
        next();
      });
      io.on("connection", (socket) => socket.emit("late", 3));
      const client = connect();
      const got: unknown[] = [];
      client.onAny((event, number) => got.push([event, number]));
      await eventually(() => got.length === 3);
      expect(got).to.eql([
        ["early", 1],
        ["early", 2],
        ["late", 3],
      ]);
    });

    test(`receives its acknowledgement, with ${JSON.stringify(options)} [47, 54]`, async () => {
      const { io, connect } = await startServer(options as never);
      const answered = new Promise((resolve) => {
        io.use((socket, next) => {
          socket.emit("question", resolve);
          next();
        });
      });
      connect().on("question", (answer) => answer("yes"));
      expect(await answered).to.be("yes");
    });

    test(`that cannot be encoded receives the error, with ${JSON.stringify(options)} [47]`, async () => {
      const { io, connect } = await startServer(options as never);
      const circular: Record<string, unknown> = {};
      circular.self = circular;
      const caught: unknown[] = [];
      io.use((socket, next) => {
        try {
          socket.emit("early", circular);
        } catch (error) {
          caught.push(error);
        }
        next();
      });
      const client = connect();
      await eventually(() => client.connected);
      expect(caught).to.have.length(1);
    });
  }
});
