import expect from "expect.js";
import * as z from "zod";
import { contract } from "../../lib/contract/contract";
import { heldSchema } from "../support/contracts";
import { outline, startGuarded } from "../support/handler-errors";
import { joinWire } from "../support/joined";
import { ownSuite } from "../support/own-tests";
import { connectRecoverable } from "../support/recoverable-client";
import { startServer } from "../support/server";
import { eventually, nextEvent, nextValue } from "../support/waiting";

const chat = contract({
  answers: "result",
  clientToServer: {
    join: { args: z.string(), ack: z.number() },
    leave: {},
    upload: { args: z.instanceof(Buffer), ack: z.instanceof(Buffer) },
  },
  serverToClient: { joined: { args: z.string() }, photo: { ack: z.instanceof(Buffer) } },
  errors: { FULL: z.object({ max: z.number() }) },
});

ownSuite("a handler in a namespace with a contract", () => {
  for (const [what, thrown] of [
    ["undefined", undefined],
    ["null", null],
    ["a text", "wrong"],
    ["an object with the code of an error", { code: "FULL", data: { max: 1 } }],
  ] as const) {
    it(`that throws ${what} is answered with HANDLER_ERROR and reported`, async () => {
      const running = await startGuarded({ contract: chat });
      const { client, socket } = await running.pair();
      socket.handle("join", async () => {
        throw thrown;
      });
      expect(await client.emitWithAck("join", "a")).to.eql({ error: { code: "HANDLER_ERROR" } });
      expect((await running.errors(1)).map(({ error }) => error)).to.eql([thrown]);
    });
  }

  for (const validateOutgoing of ["always", "never"] as const) {
    it(`that throws an error of the contract is reported if the client asks for no acknowledgement, with validateOutgoing "${validateOutgoing}"`, async () => {
      const { pair, errors } = await startGuarded({ contract: chat, validateOutgoing });
      const { client, socket } = await pair();
      socket.handle("join", async () => {
        throw chat.error("FULL", { max: 1 });
      });
      client.emit("join", "lobby");
      expect(outline(await errors(1))).to.eql([["event", "join", "The answer is the error FULL"]]);
    });
  }

  it("that throws an error of the contract is reported if the event has no acknowledgement", async () => {
    const running = await startGuarded({ contract: chat });
    const { client, socket } = await running.pair();
    const full = chat.error("FULL", { max: 3 });
    socket.handle("leave", async () => {
      throw full;
    });
    client.emit("leave");
    expect((await running.errors(1)).map(({ error }) => error)).to.eql([full]);
  });

  it("that is one of two answers once, and both are called", async () => {
    const running = await startGuarded({ contract: chat });
    const { client, socket } = await running.pair();
    const called: number[] = [];
    for (const number of [1, 2]) {
      socket.handle("join", () => {
        called.push(number);
        return number;
      });
    }
    expect(await client.emitWithAck("join", "a")).to.eql({ value: 1 });
    expect(called).to.eql([1, 2]);
    expect(running.reported).to.eql([]);
  });

  it("that answers twice answers once", async () => {
    const { wire, socket } = await joinWire(await startGuarded({ contract: chat }));
    socket.on("join", (_room, ack) => {
      ack({ value: 1 });
      ack({ value: 2 });
    });
    socket.on("leave", () => socket.emit("joined", "last"));
    wire.send('421["join","a"]', '42["leave"]');
    expect(await wire.next()).to.be('431[{"value":1}]');
    expect(await wire.next()).to.be('42["joined","last"]');
  });

  it("cannot answer with more than one value", async () => {
    const { wire, socket } = await joinWire(await startGuarded({ contract: chat }));
    let error: any;
    socket.on("join", (_room, ack) => {
      try {
        ack({ value: 1 }, "secret");
      } catch (thrown) {
        error = thrown;
      }
      ack({ value: 2 });
    });
    wire.send('421["join","a"]');
    expect(await wire.next()).to.be('431[{"value":2}]');
    expect([error.code, error.issues]).to.eql([
      "INVALID_PAYLOAD",
      [{ path: [1], message: "There is no such argument" }],
    ]);
  });

  it("receives binary data and answers with them, and clients do", async () => {
    const running = await startGuarded({ contract: chat });
    const { client, socket } = await running.pair();
    socket.handle("upload", (data) => Buffer.concat([data, data]));
    expect(await client.emitWithAck("upload", Buffer.from([1, 2]))).to.eql({
      value: Buffer.from([1, 2, 1, 2]),
    });
    client.once("photo", (answer) => answer(Buffer.from([3])));
    expect(await socket.emitWithAck("photo")).to.eql(Buffer.from([3]));
    client.once("photo", (answer) => answer({ type: "Buffer", data: [3] }));
    const refused = await socket.emitWithAck("photo").catch((error: any) => error.code);
    expect(refused).to.be("INVALID_PAYLOAD");
  });
});

ownSuite("the names of events in a contract", () => {
  const names = ["__proto__", "constructor", "toString", "hasOwnProperty"];

  it("may be those of members of objects", async () => {
    const clientToServer = Object.fromEntries(names.map((name) => [name, { args: z.number() }]));
    const { client, socket } = await (await startGuarded({ contract: contract({ clientToServer }) })).pair();
    for (const name of names) {
      const heard = nextEvent(socket, name);
      client.emit(name, 1);
      expect(await heard).to.eql([1]);
    }
  });

  it("do not include members of objects that are not described", async () => {
    const running = await startGuarded({ contract: contract({ clientToServer: { mark: {} } }) });
    const { wire, socket } = await joinWire(running);
    const marked = nextEvent(socket, "mark");
    wire.send(...names.map((name) => `42["${name}",1]`), '42["mark"]');
    await marked;
    expect(outline(running.reported).map(([, event]) => event)).to.eql(names);
    for (const name of names) {
      expect(() => socket.emit(name)).to.throwException(/has no event/);
    }
  });
});

ownSuite("an asynchronous schema that never answers", () => {
  it("keeps neither the client nor the server", async () => {
    const { schema, held } = heldSchema();
    const running = await startServer({ contract: contract({ clientToServer: { slow: { args: schema } } }) });
    const { wire, socket } = await joinWire(running);
    wire.send('42["slow","a"]', '42["slow","b"]');
    await eventually(() => held.length === 1);
    const left = nextEvent(socket, "disconnect");
    wire.send("41");
    await left;
    expect(running.io.sockets.sockets.size).to.be(0);
    await running.io.close();
  });
});

ownSuite("a payload that is nested as deeply as the limit allows", () => {
  it("does not overflow a schema that refers to itself", async () => {
    const Tree = z.object({
      get branches() {
        return z.array(Tree);
      },
    });
    const running = await startGuarded({
      contract: contract({ clientToServer: { plant: { args: Tree }, mark: {} } }),
      maxPayloadDepth: 100_000,
    });
    const { wire, socket } = await joinWire(running);
    const depth = 30_000;
    const marked = nextEvent(socket, "mark");
    wire.send(`42["plant",${'{"branches":['.repeat(depth)}${"]}".repeat(depth)}]`, '42["mark"]');
    await marked;
    expect(running.reported.map(({ error }) => error.code)).to.eql(["INVALID_PAYLOAD"]);
  });
});

ownSuite("a session that is restored, with a contract", () => {
  it("has the missed events, and is checked as before", async () => {
    const running = await startGuarded({
      contract: chat,
      connectionStateRecovery: {},
      unknownEvents: "allow",
    });
    const member = await connectRecoverable(running as never);
    await member.cut();
    running.io.emit("joined", "later");
    const missed = nextValue(member.client, "joined");
    await member.comeBack();
    expect(await missed).to.be("later");
    expect(member.socket.recovered).to.be(true);
    const { error } = await member.client.emitWithAck("join", 7);
    expect(error.code).to.be("INVALID_PAYLOAD");
  });
});

ownSuite("another contract for a dynamic namespace", () => {
  it("is refused as a whole if clients are connected to one of its children", async () => {
    const running = await startServer();
    const { io } = running;
    const first = contract({ serverToClient: { first: {} } });
    const second = contract({ serverToClient: { second: {} } });
    io.of(/^\/room-\d$/, { contract: first });
    const empty = io.of("/room-1");
    await joinWire(running, "/room-2");
    expect(() => io.of(/^\/room-\d$/, { contract: second })).to.throwException(/must be given before/);
    for (const nsp of [empty, io.of("/room-3")]) {
      nsp.emit("first");
      expect(() => nsp.emit("second")).to.throwException(/has no event "second"/);
    }
  });

  it("may be given to one of its children", async () => {
    const running = await startServer();
    const { io } = running;
    io.of(/^\/room-\d$/, { contract: contract({ serverToClient: { first: {} } }) });
    const own = io.of("/room-1", { contract: contract({ serverToClient: { own: {} } }) });
    (own as any).emit("own");
    expect(() => (own as any).emit("first")).to.throwException(/has no event "first"/);
    io.of("/room-2").emit("first");
  });
});
