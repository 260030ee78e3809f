import expect from "expect.js";
import * as z from "zod";
import { contract } from "../../lib/contract/contract";
import { outline, startGuarded } from "../support/handler-errors";
import { joinWire } from "../support/joined";
import { ownSuite } from "../support/own-tests";
import { startServer } from "../support/server";
import { unhandled } from "../support/uncaught";
import { roundTrip } from "../support/waiting";

ownSuite("socket.handle()", () => {
  it("answers with what the handler returns, or with what its promise resolves to", async () => {
    const { pair } = await startServer();
    const { client, socket } = await pair();
    socket.handle("now", (value) => value + 1).handle("later", async (value) => value + 2);
    expect(await client.emitWithAck("now", 1)).to.be(2);
    expect(await client.emitWithAck("later", 1)).to.be(3);
  });

  it("calls the handler with the socket as this, and for events without an acknowledgement, too", async () => {
    const { pair } = await startServer();
    const { client, socket } = await pair();
    const seen: unknown[] = [];
    socket.handle("note", function (this: unknown, ...args: unknown[]) {
      seen.push(this === socket, ...args);
    });
    socket.handle("round trip", () => {});
    client.emit("note", 1, 2);
    await roundTrip(client);
    expect(seen).to.eql([true, 1, 2]);
  });

  it("acknowledges without a value if the handler returns none", async () => {
    const { wire, socket } = await joinWire(await startServer());
    socket.handle("save", async () => {});
    wire.send('427["save",1]');
    expect(await wire.next()).to.be("437[]");
  });

  it("adds a listener that off() removes", async () => {
    const { pair } = await startServer();
    const { client, socket } = await pair();
    const handler = () => "one";
    socket.handle("which", handler);
    socket.off("which", handler);
    socket.handle("which", () => "two");
    expect(await client.emitWithAck("which")).to.be("two");
    expect(socket.listenerCount("which")).to.be(1);
  });

  for (const how of ["throws", "rejects"] as const) {
    const fail = () => {
      const error = new Error("secret");
      if (how === "throws") {
        throw error;
      }
      return Promise.reject(error);
    };

    it(`does not answer if the handler ${how}, and onHandlerError is called`, async () => {
      const running = await startGuarded();
      const { wire, socket } = await joinWire(running);
      socket.handle("save", fail);
      socket.handle("last", () => 1);
      wire.send('421["save"]');
      expect(outline(await running.errors(1))).to.eql([["event", "save", "secret"]]);
      wire.send('422["last"]');
      expect(await wire.next()).to.be("432[1]");
    });

    it(`leaves an unhandled rejection if the handler ${how}, without onHandlerError`, async () => {
      const { wire, socket } = await joinWire(await startServer());
      socket.handle("save", fail);
      const error: any = await unhandled(() => wire.send('421["save"]'));
      expect(error.message).to.be("secret");
    });
  }
});

const chat = contract({
  answers: "result",
  clientToServer: {
    join: { args: z.string(), ack: z.object({ members: z.number() }) },
    typing: { args: z.boolean() },
  },
  errors: { ROOM_FULL: z.object({ max: z.number() }), CLOSED: z.undefined() },
});

ownSuite('an answer to a client, with answers: "result"', () => {
  async function start() {
    const running = await startGuarded({ contract: chat });
    return { ...running, ...(await joinWire(running)) };
  }

  it("has the value that the handler returns", async () => {
    const { wire, socket } = await start();
    socket.handle("join", async (room) => ({ members: room.length }));
    wire.send('421["join","abc"]');
    expect(await wire.next()).to.be('431[{"value":{"members":3}}]');
  });

  it("has the error of the contract that the handler throws, which is no failure", async () => {
    const { wire, socket, reported } = await start();
    socket.handle("join", (room) => {
      throw room === "full" ? chat.error("ROOM_FULL", { max: 3 }) : chat.error("CLOSED");
    });
    wire.send('421["join","full"]', '422["join","other"]');
    expect(await wire.next()).to.be('431[{"error":{"code":"ROOM_FULL","data":{"max":3}}}]');
    expect(await wire.next()).to.be('432[{"error":{"code":"CLOSED"}}]');
    expect(reported).to.eql([]);
  });

  it("has only the code HANDLER_ERROR for any other error, which onHandlerError receives", async () => {
    const { wire, socket, errors } = await start();
    socket.handle("join", async () => {
      throw Object.assign(new Error("secret"), { code: "ROOM_FULL", data: { max: 1 } });
    });
    wire.send('421["join","abc"]');
    expect(await wire.next()).to.be('431[{"error":{"code":"HANDLER_ERROR"}}]');
    expect(outline(await errors(1))).to.eql([["event", "join", "secret"]]);
  });

  for (const [what, give] of [
    ["a value", () => ({ members: "many" })],
    [
      "the data of an error",
      () => {
        throw chat.error("ROOM_FULL", { max: "many" } as never);
      },
    ],
  ] as const) {
    it(`has the code HANDLER_ERROR if ${what} of the handler does not follow the contract`, async () => {
      const { wire, socket, errors } = await start();
      socket.handle("join", give as never);
      wire.send('421["join","abc"]');
      expect(await wire.next()).to.be('431[{"error":{"code":"HANDLER_ERROR"}}]');
      const [{ error }] = (await errors(1)) as any;
      expect(error.code).to.be("INVALID_PAYLOAD");
    });
  }

  it("has the issues if the event is wrong", async () => {
    const { wire, reported } = await start();
    wire.send('421["join",1]', '422["joyn",1]', '423["typing",0]');
    const first = JSON.parse(String(await wire.next()).slice(3));
    expect(first[0].error.code).to.be("INVALID_PAYLOAD");
    expect(first[0].error.issues[0].path).to.eql([0]);
    expect(first[0].error.issues[0].message).to.match(/expected string/);
    expect(await wire.next()).to.be('432[{"error":{"code":"UNKNOWN_EVENT"}}]');
    expect(await wire.next()).to.match(/^433\[{"error":{"code":"INVALID_PAYLOAD"/);
    expect(reported.length).to.be(3);
  });

  it("has at most ten issues, with short paths and messages", async () => {
    const deep = z.array(z.record(z.string(), z.number()));
    const running = await startServer({
      contract: contract({ answers: "result", clientToServer: { a: { args: deep, ack: z.null() } } }),
    });
    const { wire } = await joinWire(running);
    const wrong = Array.from({ length: 500 }, () => ({ ["k".repeat(1_000)]: "x" }));
    wire.send(`421["a",${JSON.stringify(wrong)}]`);
    const answer = String(await wire.next());
    expect(JSON.parse(answer.slice(3))[0].error.issues.length).to.be(10);
    expect(answer.length).to.be.below(6_000);
  });

  it("is given by a listener of on(), too, and throws if it is wrong", async () => {
    const { wire, socket } = await start();
    socket.on("join", (room: string, ack: (answer: unknown) => void) => {
      expect(() => ack({ members: 1 })).to.throwException(/The answer to the event "join" does not follow/);
      expect(() => ack({ error: { code: "OTHER" } })).to.throwException(/at error\.code$/);
      ack(room === "a" ? { value: { members: 1 } } : { error: { code: "ROOM_FULL", data: { max: 1 } } });
    });
    wire.send('421["join","a"]', '422["join","b"]');
    expect(await wire.next()).to.be('431[{"value":{"members":1}}]');
    expect(await wire.next()).to.be('432[{"error":{"code":"ROOM_FULL","data":{"max":1}}}]');
  });
});
