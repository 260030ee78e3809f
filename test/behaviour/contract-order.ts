import expect from "expect.js";
import * as z from "zod";
import { contract } from "../../lib/contract/contract";
import { heldSchema } from "../support/contracts";
import { guardMessages } from "../support/guard-messages";
import { startGuarded } from "../support/handler-errors";
import { joinWire } from "../support/joined";
import { ownSuite } from "../support/own-tests";
import { uncaught } from "../support/uncaught";
import { eventually, nextEvent, turn } from "../support/waiting";

/** A server whose event `slow` is checked when the test says so, and whose event `fast` is checked at once. */
async function start(options = {}) {
  const { schema, held, end } = heldSchema();
  const chat = contract({ clientToServer: { slow: { args: schema }, fast: { args: z.number() } } });
  const running = await startGuarded({ contract: chat, ...options });
  const joined = await joinWire(running);
  const heard: unknown[][] = [];
  joined.socket.onAny((...event: unknown[]) => heard.push(event));
  return { ...running, ...joined, held, end, heard };
}

ownSuite("with an asynchronous schema", () => {
  it("the events of a client keep their order", async () => {
    const { wire, held, end, heard } = await start();
    wire.send(
      '42["fast",1]',
      '42["slow","a"]',
      '42["fast",2]',
      '42["slow","b"]',
      '42["fast",3]',
      '42["fast",4]',
    );
    await eventually(() => held.length === 1);
    expect(heard).to.eql([["fast", 1]]);
    end();
    await eventually(() => heard.length === 3 && held.length === 1);
    expect(heard.slice(1)).to.eql([
      ["slow", "A"],
      ["fast", 2],
    ]);
    end();
    await eventually(() => heard.length === 6);
    expect(heard.slice(3)).to.eql([
      ["slow", "B"],
      ["fast", 3],
      ["fast", 4],
    ]);
    wire.send('42["fast",5]');
    await eventually(() => heard.length === 7);
  });

  it("a wrong event does not stop those after it", async () => {
    const { wire, held, end, heard, reported } = await start();
    wire.send('42["slow","wrong"]', '42["fast",1]');
    await eventually(() => held.length === 1);
    end();
    await eventually(() => heard.length === 1);
    expect(heard).to.eql([["fast", 1]]);
    expect(reported.map(({ error }) => error.code)).to.eql(["INVALID_PAYLOAD"]);
  });

  it("a listener that throws does not stop the events after it", async () => {
    const { wire, socket, held, end, heard } = await start({ onHandlerError: undefined });
    const error = new Error("from the listener");
    socket.onAny((name: string) => {
      if (name === "slow") {
        throw error;
      }
    });
    wire.send('42["slow","a"]', '42["fast",1]');
    await eventually(() => held.length === 1);
    expect(await uncaught(end)).to.be(error);
    await eventually(() => heard.length === 2);
  });

  it("other clients do not wait", async () => {
    const running = await start();
    const { wire, held } = running;
    const other = await joinWire(running);
    const event = nextEvent(other.socket, "fast");
    wire.send('42["slow","a"]');
    await eventually(() => held.length === 1);
    other.wire.send('42["fast",1]');
    expect(await event).to.eql([1]);
  });

  it("events are not delivered after the client was disconnected", async () => {
    const { wire, socket, held, end, heard } = await start();
    const gone = nextEvent(socket, "disconnect");
    wire.send('42["slow","a"]', '42["fast",1]');
    await eventually(() => held.length === 1);
    wire.send("41");
    await gone;
    end();
    await turn();
    await turn();
    expect(heard).to.eql([]);
  });

  it("a client that sends more events than may wait is disconnected", async () => {
    const { io, wire, socket, held, heard } = await start({ limits: { queuedEvents: 3 } });
    const messages = guardMessages(io);
    const gone = nextEvent(socket, "disconnect");
    wire.send('42["slow","a"]', '42["fast",1]', '42["fast",2]', '42["fast",3]', '42["fast",4]');
    const [reason, description] = await gone;
    expect([reason, description.code]).to.eql(["forced server close", "EVENT_QUEUE"]);
    expect(messages.map(({ code }) => code)).to.eql(["EVENT_QUEUE"]);
    expect(held.length).to.be(1);
    expect(heard).to.eql([]);
  });
});

ownSuite("with synchronous schemas", () => {
  it("an event is delivered in the same tick as without a contract", async () => {
    const { io, url } = await start();
    const ticks = async (name: string) => {
      const joined = await joinWire({ io, url }, name);
      const { socket } = joined;
      const handled = nextEvent(socket, "fast");
      const original = socket._onpacket.bind(socket);
      const order: string[] = [];
      socket._onpacket = (packet) => {
        original(packet);
        order.push("received");
        process.nextTick(() => order.push("one tick later"));
      };
      socket.on("fast", () => order.push("handled"));
      joined.wire.send(name === "/" ? '42["fast",1]' : `42${name},["fast",1]`);
      await handled;
      await turn();
      return order;
    };
    io.of("/plain", { contract: contract({ clientToServer: {} }), unknownEvents: "allow" });
    expect(await ticks("/")).to.eql(["received", "handled", "one tick later"]);
    expect(await ticks("/plain")).to.eql(await ticks("/"));
  });
});
