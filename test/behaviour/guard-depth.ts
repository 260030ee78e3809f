import { createServer } from "node:http";
import expect from "expect.js";
import * as msgpack from "socket.io-msgpack-parser";
import * as stockParser from "socket.io-parser";
import { Decoder } from "socket.io-parser";
import { allGuardMessages } from "../support/guard-messages";
import { honestClient } from "../support/honest-client";
import { joinPolling, joinWire } from "../support/joined";
import { nestedEvent as event, nested } from "../support/malformed-input";
import { ownSuite } from "../support/own-tests";
import { listen, type Running, startServer } from "../support/server";
import { Server } from "../support/subject";
import { nextEvent, nextValue } from "../support/waiting";
import { openWire } from "../support/wire";

/** A server that sends the arguments it receives back to the client, and to all. */
async function echoing(options?: Parameters<typeof startServer>[0]): Promise<Running> {
  const running = await startServer(options);
  running.io.on("connection", (socket) => {
    socket.on("echo", (value: unknown, answer?: (value: unknown) => void) => {
      socket.emit("echo", value);
      running.io.emit("echo", value);
      answer?.(value);
    });
  });
  return running;
}

const levelsOf = (value: any): number => {
  let levels = 0;
  for (let inner = value; Array.isArray(inner); inner = inner[0]) {
    levels++;
  }
  return levels;
};

/** The CPU time of this process, in microseconds: other processes do not affect it. */
function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

ownSuite("a payload that is nested too deeply", () => {
  for (const levels of [1_001, 5_000, 400_000]) {
    it(`of ${levels} levels closes its connection, whatever the server does with it [security 1]`, async () => {
      const running = await echoing();
      const isServed = await honestClient(running);
      const told = allGuardMessages();
      const { wire, socket } = await joinWire(running);
      const failed = nextValue<any>(socket, "error");
      const disconnected = nextEvent(socket, "disconnect");
      wire.send(event("echo", levels));
      expect((await failed).code).to.be("PAYLOAD_TOO_DEEP");
      const [reason, description] = await disconnected;
      expect(reason).to.be("parse error");
      expect(description.code).to.be("PAYLOAD_TOO_DEEP");
      expect(description.message).to.be(
        "A packet must not have more than 1000 levels of nested arrays and objects",
      );
      await wire.closed;
      expect(told.map(({ code, conn }) => [code, conn])).to.eql([["PAYLOAD_TOO_DEEP", socket.conn]]);
      expect(told[0].address).to.be.ok();
      await isServed();
    });
  }

  it("closes a polling connection too [security 1]", async () => {
    const running = await echoing();
    const isServed = await honestClient(running);
    const { polling, socket } = await joinPolling(running);
    const disconnected = nextEvent(socket, "disconnect");
    await polling.post(event("echo", 5_000)).catch(() => {});
    expect((await disconnected)[1].code).to.be("PAYLOAD_TOO_DEEP");
    await isServed();
  });

  const elsewhere: [what: string, packet: string][] = [
    ["in an answer", `430${nested(5_000)}`],
    ["in objects", `42["echo",${'{"a":'.repeat(1_000)}0${"}".repeat(1_000)}]`],
    ["beside attachments", `451-["echo",{"_placeholder":true,"num":0},${nested(1_000)}]`],
    ["behind texts with quotes and brackets", `42["echo","]]]\\"]\\\\","]]",${nested(1_000)}]`],
    ["behind the name of a namespace with a quote in it", `42/"a,["echo",${nested(1_000)}]`],
    ["in what another namespace asks for", `40/other,{"a":${nested(1_000)}}`],
  ];
  for (const [what, packet] of elsewhere) {
    it(`is detected ${what} [security 1]`, async () => {
      const running = await echoing();
      const told = allGuardMessages();
      const { wire, socket } = await joinWire(running);
      const disconnected = nextEvent(socket, "disconnect");
      wire.send(packet);
      expect((await disconnected)[1].code).to.be("PAYLOAD_TOO_DEEP");
      expect(told.map(({ code }) => code)).to.eql(["PAYLOAD_TOO_DEEP"]);
    });
  }

  it("closes a connection that has not joined a namespace [security 1]", async () => {
    const running = await echoing();
    const told = allGuardMessages();
    const wire = await openWire(running.url);
    wire.send(`40{"a":${nested(1_000)}}`);
    expect(await wire.closed).to.be(1008);
    expect(told.map(({ code }) => code)).to.eql(["PAYLOAD_TOO_DEEP"]);
  });

  it("is detected with a custom parser [security 1]", async () => {
    class OwnDecoder extends Decoder {}
    const running = await echoing({ parser: { ...msgpack, Decoder: OwnDecoder } });
    const connected = nextValue(running.io, "connection");
    const wire = await openWire(running.url);
    wire.send("40");
    const disconnected = nextEvent(await connected, "disconnect");
    wire.send(event("echo", 1_001));
    expect((await disconnected)[1].code).to.be("PAYLOAD_TOO_DEEP");
  });

  it("is searched with a custom parser in less time than it is decoded, for a megabyte of empty arrays [security 30]", async () => {
    const decoding: number[] = [];
    const searching: number[] = [];
    class TimedDecoder extends Decoder {
      override add(text: string): void {
        const start = cpuTime();
        const packet = (this as any).decodeString(text);
        const decoded = cpuTime();
        (this as any).emitReserved("decoded", packet);
        decoding.push(decoded - start);
        searching.push(cpuTime() - decoded);
      }
    }
    const running = await echoing({ parser: { ...stockParser, Decoder: TimedDecoder } });
    const isServed = await honestClient(running);
    const { wire, socket } = await joinWire(running);
    for (let i = 0; i < 5; i++) {
      const heard = nextValue<unknown[]>(socket, "event");
      wire.send(`42["event",[${"[],".repeat(300_000)}0]]`);
      expect((await heard).length).to.be(300_001);
    }
    // the shortest of several runs is hardly affected by the garbage collector
    expect(Math.min(...searching.slice(-5))).to.be.below(Math.min(...decoding.slice(-5)));
    await isServed();
  });

  it("is no reason to refuse circular references of a custom parser [security 30]", async () => {
    class CircularDecoder extends Decoder {
      override add(text: string): void {
        const packet = (this as any).decodeString(text);
        packet.data?.push(packet.data);
        (this as any).emitReserved("decoded", packet);
      }
    }
    const running = await startServer({ parser: { ...stockParser, Decoder: CircularDecoder } });
    const { wire, socket } = await joinWire(running);
    const heard = nextEvent(socket, "event");
    wire.send('42["event",1]');
    const [value, data] = await heard;
    expect([value, data[0], data[2] === data]).to.eql([1, "event", true]);
  });

  it("is detected with socket.io-msgpack-parser, or fails in it [security 1]", async () => {
    const running = await echoing({ parser: msgpack });
    const isServed = await honestClient(running, { parser: msgpack } as any);
    const [start] = new msgpack.Encoder().encode({ type: 2, nsp: "/", data: ["echo", 0] } as any) as any;
    for (const levels of [1_001, 500_000]) {
      const connected = nextValue(running.io, "connection");
      const wire = await openWire(running.url);
      wire.send((new msgpack.Encoder().encode({ type: 0, nsp: "/" } as any) as any)[0]);
      const socket = await connected;
      const failed = nextValue<any>(socket, "error");
      const disconnected = nextEvent(socket, "disconnect");
      // 0x91 is an array with one member
      wire.send(Buffer.concat([start.subarray(0, -1), Buffer.alloc(levels - 1, 0x91), Buffer.from([0])]));
      const error = await failed;
      expect(error.code === "PAYLOAD_TOO_DEEP" || error instanceof RangeError).to.be(true);
      await disconnected;
      await isServed();
    }
  });
});

describe("a payload that is nested", () => {
  it("is received, sent back and broadcast unchanged, up to 1,000 levels [55]", async () => {
    const running = await echoing();
    const { wire } = await joinWire(running);
    wire.send(event("echo", 1_000).replace("42", "427"));
    for (const expected of [1_000, 1_000, 1_000]) {
      const text = String(await wire.next());
      expect(levelsOf(JSON.parse(text.replace(/^4[23]7?/, "").replace('"echo",', "")))).to.be(expected);
    }
  });

  it("may have any number of brackets side by side, or in strings [55]", async () => {
    const running = await echoing();
    const { wire } = await joinWire(running);
    const values = [Array.from({ length: 2_000 }, () => []), "[".repeat(5_000), '{"'.repeat(2_000)];
    for (const value of values) {
      wire.send(`42${JSON.stringify(["echo", value])}`);
      const sent = String(await wire.next());
      expect(JSON.parse(sent.slice(2))).to.eql(["echo", value]);
      await wire.next();
    }
  });
});

ownSuite("maxPayloadDepth", () => {
  it("is the largest depth, set in the constructor or in attach() [security 1]", async () => {
    const attached = new Server();
    const httpServer = createServer();
    attached.attach(httpServer, { maxPayloadDepth: 3 });
    for (const running of [await startServer({ maxPayloadDepth: 3 }), await listen(attached, httpServer)]) {
      const { wire, socket } = await joinWire(running);
      const heard = nextValue(socket, "event");
      wire.send(event("event", 3));
      expect(await heard).to.eql([[]]);
      const disconnected = nextEvent(socket, "disconnect");
      wire.send(event("event", 4));
      expect((await disconnected)[1].message).to.be(
        "A packet must not have more than 3 levels of nested arrays and objects",
      );
    }
  });

  it("may be raised [security 1]", async () => {
    const running = await startServer({ maxPayloadDepth: Number.POSITIVE_INFINITY });
    const { wire, socket } = await joinWire(running);
    const heard = nextValue(socket, "event");
    wire.send(event("event", 100_000));
    expect(levelsOf(await heard)).to.be(99_999);
  });
});

ownSuite("an event with too many arguments", () => {
  it("closes its connection with TOO_MANY_ARGUMENTS [security 1]", async () => {
    const running = await startServer();
    const isServed = await honestClient(running);
    const told = allGuardMessages();
    const { wire, socket } = await joinWire(running);
    const failed = nextValue<any>(socket, "error");
    const disconnected = nextEvent(socket, "disconnect");
    wire.send(`42["event"${",0".repeat(10_000)}]`);
    expect((await failed).code).to.be("TOO_MANY_ARGUMENTS");
    expect((await disconnected)[1].code).to.be("TOO_MANY_ARGUMENTS");
    expect(told.map(({ code }) => code)).to.eql(["TOO_MANY_ARGUMENTS"]);
    await isServed();
  });
});

ownSuite("data of the server that cannot be sent", () => {
  it("since it has circular references throws in emit() [security 1]", async () => {
    const running = await startServer();
    const isServed = await honestClient(running);
    const { socket } = await joinWire(running);
    const circle: unknown[] = [];
    circle.push([{ circle }, circle]);
    expect(() => socket.emit("event", circle)).to.throwException(/circular/);
    expect(() => running.io.emit("event", circle)).to.throwException(/circular/);
    await isServed();
  });
});
