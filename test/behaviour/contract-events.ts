import expect from "expect.js";
import * as z from "zod";
import { contract } from "../../lib/contract/contract";
import { failingSchema } from "../support/contracts";
import { guardMessages } from "../support/guard-messages";
import { outline, startGuarded } from "../support/handler-errors";
import { joinWire } from "../support/joined";
import { NAMES, nested } from "../support/malformed-input";
import { ownSuite } from "../support/own-tests";
import { startServer } from "../support/server";
import { eventually, nextEvent } from "../support/waiting";

const chat = contract({
  clientToServer: {
    message: {
      args: [
        z.object({
          room: z.string().trim(),
          text: z.string().max(10),
          tags: z.array(z.string()).default([]),
        }),
      ],
      ack: z.object({ id: z.string() }),
    },
    typing: { args: z.boolean() },
    ping: {},
    pair: { args: [z.string(), z.coerce.number().optional()] },
    fails: { args: failingSchema("throws") },
    rejects: { args: failingSchema("rejects") },
  },
});

/** A server with the contract that records all events, and a client of raw packets. */
async function start(options = {}) {
  const running = await startGuarded({ contract: chat, ...options });
  const messages = guardMessages(running.io);
  const joined = await joinWire(running);
  const heard: unknown[][] = [];
  joined.socket.onAny((...event: unknown[]) => heard.push(event));
  /** Resolves when all events so far were handled. */
  const settled = async () => {
    const handled = nextEvent(joined.socket, "ping");
    joined.wire.send('42["ping"]');
    await handled;
    expect(heard.pop()).to.eql(["ping"]);
  };
  return { ...running, ...joined, heard, messages, settled };
}

ownSuite("an event of a client, with a contract", () => {
  it("reaches catch-all listeners, middlewares and handlers as the schemas return it", async () => {
    const { wire, socket, heard, settled } = await start();
    const used: unknown[][] = [];
    socket.use((event, next) => {
      used.push([...event]);
      next();
    });
    const message = nextEvent(socket, "message");
    wire.send('42["message",{"room":" a ","text":"hi","more":1}]');
    const [content, ack] = await message;
    expect(content).to.eql({ room: "a", text: "hi", tags: [] });
    expect(ack).to.be.a("function");
    expect(heard.map(([name, first]) => [name, first])).to.eql([["message", content]]);
    expect(used.map(([name, first]) => [name, first])).to.eql([["message", content]]);
    await settled();
  });

  it("may leave out the last arguments if the schemas allow it", async () => {
    const { wire, heard, settled } = await start();
    wire.send('42["pair","a"]');
    wire.send('42["pair","a","7"]');
    await settled();
    expect(heard).to.eql([
      ["pair", "a", undefined],
      ["pair", "a", 7],
    ]);
  });

  it("may have undefined, which arrives as null, where the schemas allow it and refuse null", async () => {
    const own = contract({
      clientToServer: {
        list: { args: [z.string().optional()], ack: z.string() },
        move: { args: [z.string().default("here"), z.number(), z.null()] },
        exact: { args: [z.object({ inner: z.string().optional() })] },
      },
    });
    const { pair, errors } = await startGuarded({ contract: own });
    const { client, socket } = await pair();
    socket.handle("list", async (filter) => String(filter));
    expect(await client.emitWithAck("list", undefined)).to.be("undefined");
    expect(await client.emitWithAck("list")).to.be("undefined");
    const moved = nextEvent(socket, "move");
    client.emit("move", undefined, 3, null);
    expect(await moved).to.eql(["here", 3, null]);
    client.emit("move", "there", undefined, null);
    client.emit("exact", { inner: null });
    expect((await errors(2)).map(({ event, error }) => [event, error.issues[0].path])).to.eql([
      ["move", [1]],
      ["exact", [0, "inner"]],
    ]);
  });

  it("can be answered although the client asks for no acknowledgement", async () => {
    const { wire, socket, reported, settled } = await start();
    socket.on("message", (_content: unknown, ack: (answer: unknown) => void) => ack({ id: "1" }));
    wire.send('42["message",{"room":"a","text":"hi"}]');
    wire.send('427["message",{"room":"a","text":"hi"}]');
    await settled();
    expect(await wire.next()).to.be('437[{"id":"1"}]');
    expect(reported).to.eql([]);
  });

  for (const [what, packet, path] of [
    ["has a wrong argument", '42["typing","yes"]', "0"],
    ["has a wrong member", '42["message",{"room":"a","text":"much too long"}]', "0.text"],
    ["lacks an argument", '42["typing"]', "0"],
    ["has too many arguments", '42["typing",true,{"secret":1}]', "1"],
    ["has an argument and needs none", '42["ping",1]', "0"],
    ["is refused by a schema that throws", '42["fails","secret"]', "0"],
    ["is refused by a schema that rejects", '42["rejects","secret"]', "0"],
  ] as const) {
    it(`is dropped and reported if it ${what}`, async () => {
      const { wire, socket, heard, messages, errors, settled } = await start();
      const [, name] = /"(\w+)"/.exec(packet) ?? [];
      wire.send(packet);
      const [{ error, phase, event, socket: reporter }] = (await errors(1)) as any;
      await settled();
      expect(heard).to.eql([]);
      expect([phase, event]).to.eql(["contract", name]);
      expect(reporter).to.be(socket);
      expect(error.code).to.be("INVALID_PAYLOAD");
      expect(error.message).to.be(
        `The event "${name}" does not follow the contract of the namespace, at ${path}`,
      );
      expect(error.issues[0].path.join(".")).to.be(path);
      expect(JSON.stringify(error)).not.to.contain("issues");
      const detail = { event: name, message: error.message };
      expect(messages.map((one) => [one.code, one.socket === socket, one.detail])).to.eql([
        ["INVALID_PAYLOAD", true, detail],
      ]);
    });
  }

  it("is dropped and reported if it is not in the contract", async () => {
    const { wire, heard, messages, errors, settled } = await start();
    wire.send('42["mesage",1]');
    expect(outline(await errors(1))).to.eql([
      ["contract", "mesage", 'The contract of the namespace has no event "mesage"'],
    ]);
    await settled();
    expect(heard).to.eql([]);
    expect(messages.map(({ code }) => code)).to.eql(["UNKNOWN_EVENT"]);
  });

  it('is delivered without a check if it is not in the contract, with unknownEvents: "allow"', async () => {
    const { wire, heard, reported, settled } = await start({ unknownEvents: "allow" });
    wire.send('42["mesage",1]', '42["typing",1]', "42[7]");
    await settled();
    expect(heard).to.eql([["mesage", 1], [7]]);
    expect(reported.length).to.be(1);
  });

  it("is not acknowledged if it is wrong, and the connection stays open", async () => {
    const { wire, heard, settled } = await start();
    wire.send('421["message",{"room":1}]', '422["nothing"]');
    await settled();
    wire.send('423["message",{"room":"a","text":""}]');
    await eventually(() => heard.length === 1);
    const ack = heard.flat().at(-1) as (answer: unknown) => void;
    ack({ id: "3" });
    expect(await wire.next()).to.be('433[{"id":"3"}]');
  });

  it("never reaches a handler if it is hostile, and nothing of it is in a report but its path", async () => {
    const { wire, heard, messages, reported, settled } = await start();
    const secret = "s3cret";
    const values = [
      `{"__proto__":{"room":"a","text":"${secret}"}}`,
      `{"constructor":{"prototype":{"room":"${secret}"}}}`,
      `{"room":{"toString":"${secret}"},"text":"a"}`,
      nested(900),
      `"${secret.repeat(10_000)}"`,
      `[${Array.from({ length: 20_000 }, () => 1)}]`,
      "null",
      "1e400",
      `{"room":"a","text":null,"tags":{"length":1e9}}`,
      `{"room":"a","text":"a","tags":[${Array.from({ length: 1_000 }, () => 1)}]}`,
    ];
    const names = [...NAMES.filter((name) => name !== "error"), "message", "error", secret];
    let sent = 0;
    for (const name of names) {
      for (const value of values) {
        wire.send(`42[${JSON.stringify(name)},${value}]`);
        sent++;
      }
    }
    wire.send('42["typing",{"valueOf":1}]', "42[0]", "42[1,2]", '42["__proto__"]');
    sent += 4;
    await eventually(() => reported.length === sent);
    await settled();
    expect(heard).to.eql([]);
    expect(messages.length).to.be(sent);
    for (const { error, event } of reported) {
      expect(error.message.length).to.be.below(800);
      if (event !== secret) {
        expect(JSON.stringify([error.message, error])).not.to.contain(secret);
      }
    }
  });

  it("never reaches a handler after the client was disconnected", async () => {
    const { wire, socket, heard } = await start();
    const gone = nextEvent(socket, "disconnect");
    wire.send("41", '42["typing",true]');
    await gone;
    expect(heard).to.eql([]);
  });

  it("is not checked without a contract", async () => {
    const joined = await joinWire(await startServer());
    const event = nextEvent(joined.socket, "anything");
    joined.wire.send('42["anything",{"a":1}]');
    expect(await event).to.eql([{ a: 1 }]);
  });
});

ownSuite("the limit of events that do not follow the contract", () => {
  const wrongEvents = (count: number) => Array.from({ length: count }, () => '42["typing","no"]');

  it("closes the connection that exceeds it", async () => {
    const { wire, socket, messages } = await start({ limits: { invalidEventsPerSecond: 1 } });
    const gone = nextEvent(socket, "disconnect");
    wire.send(...wrongEvents(11));
    const [reason, description] = await gone;
    expect(reason).to.be("forced server close");
    expect(description.code).to.be("INVALID_EVENT_RATE");
    await wire.closed;
    expect(messages.at(-1)?.code).to.be("INVALID_EVENT_RATE");
  });

  it("counts the events of a connection in all namespaces together", async () => {
    const { io, wire } = await start({ limits: { invalidEventsPerSecond: 1 } });
    io.of("/other");
    await wire.join("/other");
    wire.send(...wrongEvents(8), ...wrongEvents(3).map((packet) => packet.replace("42", "42/other,")));
    await wire.closed;
  });

  it("is not reached by an outdated client that comes back with a thousand buffered events", async () => {
    const { wire, reported, settled } = await start();
    wire.send(...wrongEvents(1_000));
    await eventually(() => reported.length === 1_000);
    await settled();
  });

  it("can be switched off", async () => {
    const { wire, reported, settled } = await start({ limits: { invalidEventsPerSecond: Infinity } });
    wire.send(...wrongEvents(1_200));
    await eventually(() => reported.length === 1_200);
    await settled();
  });
});
