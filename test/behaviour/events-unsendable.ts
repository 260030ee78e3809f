import { EventEmitter, errorMonitor } from "node:events";
import expect from "expect.js";
import { connectMember } from "../support/members";
import { ownTest } from "../support/own-tests";
import { type Running, startServer } from "../support/server";
import { nextEvent, nextValue } from "../support/waiting";

type Emitter = { emit(...event: unknown[]): unknown };

/** All objects that emit, by expression. */
async function emitters(running: Running): Promise<Record<string, Emitter>> {
  const { io } = running;
  const { socket } = await connectMember(running);
  const parent = io.of(/^\/room-/);
  io.of("/room-1");
  return {
    "io.emit": io,
    "nsp.emit": io.of("/chat"),
    "parent.emit": parent,
    "io.to().emit": io.to("x"),
    "parent.to().emit": parent.to("x"),
    "socket.emit": socket,
    "socket.volatile.emit": socket.volatile,
    "socket.broadcast.emit": socket.broadcast,
    "io.serverSideEmit": { emit: (...event) => io.serverSideEmit(...(event as [string])) },
    "nsp.serverSideEmit": { emit: (...event) => io.of("/chat").serverSideEmit(...(event as [string])) },
  } as Record<string, Emitter>;
}

describe("the name of an event", () => {
  const names: [name: unknown, described: string][] = [
    [undefined, "undefined"],
    [null, "null"],
    [{}, "an object of type Object"],
    [["hello"], "an array"],
    [true, "true"],
    [Number.NaN, "NaN"],
    [Symbol("hello"), "Symbol(hello)"],
    [10n, "10"],
    [() => {}, "a function"],
    [Buffer.from("hello"), "an object of type Buffer"],
  ];
  for (const [name, described] of names) {
    ownTest(`cannot be ${described}: each emit() throws at once [54]`, async () => {
      const running = await startServer();
      for (const [call, emitter] of Object.entries(await emitters(running))) {
        try {
          emitter.emit(name, 1);
        } catch (error: any) {
          expect([call, error.code, error.message]).to.eql([
            call,
            "INVALID_EVENT_NAME",
            `The name of an event must be a string or a number, got ${described}`,
          ]);
          continue;
        }
        throw new Error(`${call} has taken it`);
      }
    });
  }

  ownTest("cannot be omitted: emit() throws, and emitWithAck() rejects [54]", async () => {
    const running = await startServer();
    const { socket } = await connectMember(running);
    const calls = [socket, running.io.timeout(1), running.io.to("x")].map((emitter: any) =>
      emitter.emitWithAck(undefined).catch(({ code }: { code: string }) => code),
    );
    expect(await Promise.all(calls)).to.eql(Array(3).fill("INVALID_EVENT_NAME"));
    expect(() => (socket as any).emit()).to.throwException(/name of an event/);
    expect(() => (running.io as any).emit()).to.throwException(/name of an event/);
    expect((socket as any).acks.size).to.be(0);
  });

  it("may be a number, an empty string, or an object that is a string in JSON [54]", async () => {
    const running = await startServer();
    const { client, socket } = await connectMember(running);
    for (const [name, received] of [
      [0, 0],
      [42, 42],
      ["", ""],
      [new String("boxed"), "boxed"],
      [{ toJSON: () => "in JSON" }, "in JSON"],
    ] as [string, string][]) {
      for (const emitter of [socket, running.io]) {
        const came = nextEvent(client, received);
        emitter.emit(name, "value");
        expect(await came).to.eql(["value"]);
      }
    }
  });
});

describe("events.errorMonitor", () => {
  ownTest("receives an error that has no listener, and the error is not sent [54]", async () => {
    const running = await startServer();
    const { client, socket } = await connectMember(running);
    for (const emitter of [socket, running.io.of("/"), running.io.of("/chat")] as any[]) {
      const seen: unknown[] = [];
      emitter.on(errorMonitor, (error: unknown) => seen.push(error));
      emitter.removeAllListeners("error");
      const error = new Error("nobody listens");
      expect(() => EventEmitter.prototype.emit.call(emitter, "error", error)).to.throwException(
        /nobody listens/,
      );
      expect(seen).to.eql([error]);
    }
    const came = nextEvent(client, "fine");
    socket.emit("fine", 1);
    expect(await came).to.eql([1]);
  });
});

describe("a value that JSON cannot represent", () => {
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  const circleWithBytes: Record<string, unknown> = { bytes: Buffer.from([1]) };
  circleWithBytes.self = circleWithBytes;
  const failing = { toJSON: () => (undefined as any).x };
  const values: Record<string, [value: unknown, reason: RegExp]> = {
    "a BigInt": [10n, /BigInt/],
    "a BigInt in an object": [{ id: 10n }, /BigInt/],
    "a BigInt beside bytes": [{ id: 10n, bytes: Buffer.from([1]) }, /BigInt/],
    "a circle": [circle, /circular structure/],
    "a circle with bytes": [circleWithBytes, /circular structure/],
    "an object whose toJSON() fails": [failing, /undefined/],
  };
  for (const [kind, [value, reason]] of Object.entries(values)) {
    ownTest(`throws an error with the name of the event: ${kind} [54]`, async () => {
      for (const options of [{}, { connectionStateRecovery: {} }]) {
        const running = await startServer(options);
        const { client, socket } = await connectMember(running);
        for (const emitter of [socket, running.io, socket.broadcast.to(socket.id), running.io.of("/")]) {
          expect(() => emitter.emit("account", value)).to.throwException((error: any) => {
            expect(error).to.be.a(TypeError);
            expect(error.code).to.be("UNSERIALIZABLE");
            expect(error.message).to.match(/^The event "account" cannot be encoded as JSON: /);
            expect(error.message).to.match(reason);
            expect(error.cause).to.be.a(TypeError);
          });
        }
        const came = nextValue(client as any, "fine");
        socket.emit("fine", 1);
        expect(await came).to.be(1);
      }
    });
  }

  ownTest(
    "throws in an acknowledgement too, which can then be called with another value [54, 55]",
    async () => {
      const running = await startServer();
      const { client, socket } = await connectMember(running);
      const refused = new Promise((resolve) => {
        socket.on("question", (answer: (value: unknown) => void) => {
          try {
            answer(10n);
          } catch (error: any) {
            resolve([error.code, error.message]);
          }
          answer("10");
        });
      });
      expect(await client.emitWithAck("question")).to.be("10");
      expect(await refused).to.eql([
        "UNSERIALIZABLE",
        "An acknowledgement cannot be encoded as JSON: Do not know how to serialize a BigInt",
      ]);
    },
  );

  ownTest("does not change an error that toJSON() has thrown [54]", async () => {
    const { io } = await startServer();
    const own = new RangeError("no database");
    const value = {
      toJSON() {
        throw own;
      },
    };
    expect(() => io.emit("x", value)).to.throwException((error: unknown) => expect(error).to.be(own));
  });

  it("arrives as an empty object, if it is a Map, a Set, a RegExp or an Error [54]", async () => {
    const running = await startServer();
    const { client, socket } = await connectMember(running);
    const came = nextEvent(client, "collections");
    socket.emit("collections", new Map([[1, 2]]), new Set([1]), /x/, new Error("text"), new Date(0));
    expect(await came).to.eql([{}, {}, {}, {}, "1970-01-01T00:00:00.000Z"]);
  });
});
