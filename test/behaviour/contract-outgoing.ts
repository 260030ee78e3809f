import { inspect } from "node:util";
import expect from "expect.js";
import * as v from "valibot";
import * as z from "zod";
import { contract } from "../../lib/contract/contract";
import { onTestEnd } from "../support/cleanup";
import { Bus, clusterAdapter } from "../support/cluster";
import { heldSchema } from "../support/contracts";
import { outline, startGuarded } from "../support/handler-errors";
import { joinWire } from "../support/joined";
import { ownSuite } from "../support/own-tests";
import { startServer } from "../support/server";
import { eventually, nextEvent } from "../support/waiting";

const Price = z.object({ cents: z.number().int(), currency: z.string().default("EUR") });

const shop = contract({
  clientToServer: { ask: { ack: z.string().transform((text) => text.length) } },
  serverToClient: { price: { args: Price }, count: { ack: z.number() }, hello: {} },
  serverToServer: { reload: { args: z.coerce.number(), ack: z.boolean() }, clear: {} },
});

/** Sets NODE_ENV until the test ends. */
function setEnvironment(value: string | undefined): void {
  const before = process.env.NODE_ENV;
  const set = (to: string | undefined) => {
    if (to === undefined) {
      delete process.env.NODE_ENV;
    } else {
      process.env.NODE_ENV = to;
    }
  };
  set(value);
  onTestEnd(() => set(before));
}

ownSuite("an event of the server, with a contract", () => {
  const wrong = /^The event "price" does not follow the contract of the namespace, at 0\.cents$/;
  const codes = (code: string, message: RegExp) => (error: any) => {
    expect(error.code).to.be(code);
    expect(error.message).to.match(message);
  };

  it("that is wrong throws where it is sent", async () => {
    setEnvironment(undefined);
    const running = await startServer({ contract: shop });
    const { socket } = await joinWire(running);
    const { io } = running;
    const [remote] = await io.fetchSockets();
    const content = { cents: "1" };
    for (const send of [
      () => socket.emit("price", content),
      () => socket.broadcast.emit("price", content),
      () => socket.volatile.emit("price", content),
      () => io.emit("price", content),
      () => io.of("/").emit("price", content),
      () => io.to("room").except("other").emit("price", content),
      () => remote?.emit("price", content),
      () => io.local.emit("price", content),
    ]) {
      expect(send).to.throwException(codes("INVALID_PAYLOAD", wrong));
    }
    const rejected: any = await socket
      .timeout(1_000)
      .emitWithAck("count", 1)
      .catch((error) => error);
    expect(rejected.message).to.match(/at 0$/);
    expect(() => io.send("hi")).to.throwException(codes("UNKNOWN_EVENT", /has no event "message"$/));
    expect(() => socket.emit("prise")).to.throwException(codes("UNKNOWN_EVENT", /has no event "prise"$/));
  });

  it("that is wrong has the messages of the schema, which may quote the value, in hidden issues only", async () => {
    const secret = contract({ serverToClient: { token: { args: v.object({ id: v.number() }) } } });
    const { io } = await startServer({ contract: secret });
    expect(() => io.emit("token", { id: "hunter2" })).to.throwException((error: any) => {
      expect(error.message).to.match(/ at 0\.id$/);
      expect(error.issues[0].message).to.match(/hunter2/);
      expect(inspect(error)).not.to.match(/hunter2/);
      expect(error.stack).not.to.match(/hunter2/);
    });
  });

  it("is sent as it is: defaults and transforms do not apply", async () => {
    const running = await startServer({ contract: shop });
    const { socket, wire } = await joinWire(running);
    socket.emit("price", { cents: 1, more: true });
    running.io.emit("price", { cents: 2 });
    expect(await wire.next()).to.be('42["price",{"cents":1,"more":true}]');
    expect(await wire.next()).to.be('42["price",{"cents":2}]');
  });

  for (const [validateOutgoing, environment, throws] of [
    [undefined, "production", false],
    [undefined, "test", true],
    ["development", "production", false],
    ["always", "production", true],
    ["never", "test", false],
  ] as const) {
    it(`${throws ? "is" : "is not"} checked with NODE_ENV ${environment} and validateOutgoing ${validateOutgoing ?? "by default"}`, async () => {
      setEnvironment(environment);
      const options = validateOutgoing && { validateOutgoing };
      const { socket, wire } = await joinWire(await startServer({ contract: shop, ...options }));
      if (throws) {
        expect(() => socket.emit("price", 1)).to.throwException(codes("INVALID_PAYLOAD", /at 0/));
      } else {
        socket.emit("price", 1);
        expect(await wire.next()).to.be('42["price",1]');
      }
    });
  }

  it('may be any event that is not in the contract, with unknownEvents: "allow"', async () => {
    const options = { contract: shop, unknownEvents: "allow" } as const;
    const { socket, wire } = await joinWire(await startServer(options));
    socket.emit("prise", 1);
    expect(await wire.next()).to.be('42["prise",1]');
  });

  it("with an asynchronous schema is sent, with a warning", async () => {
    const schema = z.string().refine(async () => false);
    const options = { contract: contract({ serverToClient: { late: { args: schema } } }) };
    const { socket, wire } = await joinWire(await startServer(options));
    const warning = nextEvent(process, "warning");
    socket.emit("late", "x");
    expect(await wire.next()).to.be('42["late","x"]');
    const [{ code, message }] = await warning;
    expect(code).to.be("SOCKET_IO_ASYNC_SCHEMA");
    expect(message).to.match(/^The event "late" has an asynchronous schema in the contract/);
  });

  it("as an answer throws where it is given if it is wrong, and the right one is sent as it is", async () => {
    const running = await startGuarded({ contract: shop });
    const { socket, wire } = await joinWire(running);
    socket.on("ask", (ack: (answer: unknown) => void) => {
      expect(() => ack(7)).to.throwException(
        codes("INVALID_PAYLOAD", /^The answer to the event "ask" does not/),
      );
      ack("seven");
    });
    wire.send('421["ask"]');
    expect(await wire.next()).to.be('431["seven"]');
    expect(running.reported).to.eql([]);
  });
});

ownSuite("an event of another server, with a contract", () => {
  async function start(options: object[]) {
    const bus = new Bus();
    const adapter = clusterAdapter(bus);
    return Promise.all(options.map((own) => startGuarded({ adapter, ...own }))) as Promise<any[]>;
  }

  it("reaches the listeners as it was sent, with its acknowledgement", async () => {
    const [one, two] = await start([{ contract: shop }, { contract: shop }]);
    two.io.on("reload", (seconds: unknown, ack: (answer: unknown) => void) => ack(seconds === "5"));
    expect(await one.io.serverSideEmitWithAck("reload", "5")).to.eql([true]);
  });

  it("throws where it is sent if it is wrong", async () => {
    const [one] = await start([{ contract: shop }]);
    expect(() => one.io.serverSideEmit("reload", "soon")).to.throwException(/"reload" does not follow/);
    expect(() => one.io.serverSideEmit("reset")).to.throwException(/has no event "reset"/);
  });

  it("is dropped and reported if it is wrong", async () => {
    const [one, two] = await start([{}, { contract: shop }]);
    const heard: unknown[] = [];
    for (const event of ["reload", "reset", "clear"]) {
      two.io.on(event, () => heard.push(event));
    }
    const cleared = nextEvent(two.io, "clear");
    one.io.serverSideEmit("reload", "soon");
    one.io.serverSideEmit("reset");
    one.io.serverSideEmit("clear");
    await cleared;
    expect(heard).to.eql(["clear"]);
    expect(outline(two.reported)).to.eql([
      ["contract", "reload", 'The event "reload" does not follow the contract of the namespace, at 0'],
      ["contract", "reset", 'The contract of the namespace has no event "reset"'],
    ]);
  });

  it("keeps its place if an earlier one has an asynchronous schema", async () => {
    const late = z.number().refine(async (value) => value < 10);
    const own = { contract: contract({ serverToServer: { late: { args: late }, soon: {} } }) };
    const [one, two] = await start([{}, own]);
    const heard: unknown[][] = [];
    two.io.on("late", (value: number) => heard.push(["late", value]));
    const soon = nextEvent(two.io, "soon");
    for (const value of [1, 20, 2]) {
      one.io.serverSideEmit("late", value);
    }
    one.io.serverSideEmit("soon");
    await soon;
    expect(heard).to.eql([
      ["late", 1],
      ["late", 2],
    ]);
    expect(two.reported.length).to.be(1);
  });

  it("is dropped and reported if too many wait for an asynchronous schema", async () => {
    const { schema, held, end } = heldSchema();
    const own = {
      contract: contract({ serverToServer: { late: { args: schema } } }),
      limits: { queuedEvents: 2 },
    };
    const [one, two] = await start([{}, own]);
    const heard: string[] = [];
    two.io.on("late", (text: string) => heard.push(text));
    for (const text of ["a", "b", "c"]) {
      one.io.serverSideEmit("late", text);
    }
    const [{ error }] = await two.errors(1);
    expect(error.code).to.be("EVENT_QUEUE");
    expect(held).to.eql(["a", "b"]);
    end();
    end();
    await eventually(() => heard.length === 2);
    one.io.serverSideEmit("late", "d");
    await eventually(() => held.length === 1);
    end();
    await eventually(() => heard.length === 3);
    expect(heard).to.eql(["a", "b", "d"]);
  });

  it("does not wait for those of another child of the same dynamic namespace", async () => {
    const { schema, held, end } = heldSchema();
    const late = contract({ serverToServer: { late: { args: schema }, soon: {} } });
    const [one, two] = await start([{}, {}]);
    two.io.of(/^\/room-\d$/, { contract: late });
    const [first, second] = ["/room-1", "/room-2"].map((name) => two.io.of(name));
    const ofFirst = nextEvent(first, "soon");
    const ofSecond = nextEvent(second, "soon");
    const heard: string[] = [];
    first.on("late", (text: string) => heard.push(text));
    one.io.of("/room-1").serverSideEmit("late", "a");
    one.io.of("/room-1").serverSideEmit("soon");
    await eventually(() => held.length === 1);
    one.io.of("/room-2").serverSideEmit("soon");
    await ofSecond;
    expect(heard).to.eql([]);
    end();
    await ofFirst;
    expect(heard).to.eql(["a"]);
  });

  it("is not checked if the contract does not describe events between servers", async () => {
    const own = { contract: contract({}) };
    const [one, two] = await start([own, own]);
    const heard = nextEvent(two.io, "anything");
    one.io.serverSideEmit("anything", 1);
    expect(await heard).to.eql([1]);
  });
});
