import { createServer } from "node:http";
import expect from "expect.js";
import { Adapter } from "socket.io-adapter";
import * as msgpackParser from "socket.io-msgpack-parser";
import type { Packet } from "socket.io-parser";
import { stopClock } from "../support/clock";
import { ownTest } from "../support/own-tests";
import { startServer } from "../support/server";
import { defaultParser, Server } from "../support/subject";
import { eventually, nextEvent, nextValue } from "../support/waiting";
import { openPolling, openWire } from "../support/wire";

describe("connectTimeout", () => {
  it("is 45000 ms, also for 0 [21]", () => {
    expect(new Server().connectTimeout()).to.be(45000);
    expect(new Server({ connectTimeout: 0 }).connectTimeout()).to.be(45000);
    expect(new Server({ connectTimeout: 12 }).connectTimeout()).to.be(12);
  });

  for (const options of [{}, { connectTimeout: 0 }]) {
    it(`closes a connection that joins no namespace in 45 s, given ${JSON.stringify(options)} [21]`, async () => {
      const { io, url } = await startServer(options);
      const clock = stopClock();
      const connected = nextValue(io.engine, "connection");
      const polling = await openPolling(url);
      const conn = await connected;
      clock.tick(44_999);
      expect(conn.readyState).to.be("open");
      clock.tick(1);
      expect(conn.readyState).to.be("closing");
      expect((await polling.poll()).at(-1)).to.be("1");
    });
  }

  it("closes a WebSocket with code 1005, after the handshake only [21]", async () => {
    const wire = await openWire((await startServer({ connectTimeout: 1 })).url);
    expect(await wire.closeFrame).to.eql({ code: 1005, reason: "" });
    expect(wire.seen.length).to.be(1);
  });

  it("sends a close packet to a polling client, and closes its session [21]", async () => {
    const { io, url } = await startServer({ connectTimeout: 1 });
    const polling = await openPolling(url);
    expect((await polling.poll()).at(-1)).to.be("1");
    expect((await polling.get()).text).to.be('{"code":1,"message":"Session ID unknown"}');
    expect(io.engine.clientsCount).to.be(0);
  });

  for (const namespace of ["/", "/chat"]) {
    it(`ends when the client joins ${namespace} [21]`, async () => {
      const { io, url } = await startServer();
      const clock = stopClock();
      const connected = nextValue(io.of(namespace), "connection");
      const wire = await openWire(url);
      wire.send(`40${namespace},`);
      const socket = await connected;
      clock.tick(45_000);
      expect(socket.connected).to.be(true);
      expect(socket.conn.readyState).to.be("open");
    });
  }

  it("does not start again when the client leaves [21]", async () => {
    const { io, url } = await startServer();
    const clock = stopClock();
    const connected = nextValue(io, "connection");
    const wire = await openWire(url);
    wire.send("40");
    const socket = await connected;
    const left = nextEvent(socket, "disconnect");
    wire.send("41");
    await left;
    clock.tick(45_000);
    expect(socket.conn.readyState).to.be("open");
  });

  it("continues while a middleware is pending [21]", async () => {
    const running = await startServer();
    const clock = stopClock();
    const inHand = new Promise<void>((resolve) => running.io.use(() => resolve()));
    const wire = await openWire(running.url);
    wire.send("40");
    await inHand;
    clock.tick(45_000);
    expect(await wire.closeFrame).to.eql({ code: 1005, reason: "" });
  });

  it("continues for a client that was refused [21]", async () => {
    const running = await startServer();
    running.io.use((_socket, next) => next(new Error("no")));
    const clock = stopClock();
    const wire = await openWire(running.url);
    expect(await wire.join()).to.be('44{"message":"no"}');
    expect(await wire.join("/unknown")).to.be('44/unknown,{"message":"Invalid namespace"}');
    clock.tick(45_000);
    expect(await wire.closeFrame).to.eql({ code: 1005, reason: "" });
  });
});

describe("a client that violates the order of packets", () => {
  it("by joining a namespace twice is disconnected [21]", async () => {
    const running = await startServer();
    const connected = nextValue(running.io, "connection");
    const inChat = nextValue(running.io.of("/chat"), "connection");
    const wire = await openWire(running.url);
    await wire.join();
    await wire.join("/chat");
    const left = nextEvent(await connected, "disconnect");
    const leftChat = nextEvent(await inChat, "disconnect");
    wire.send("40");
    expect((await left)[0]).to.be("forced close");
    expect((await leftChat)[0]).to.be("forced close");
    expect(await wire.closeFrame).to.eql({ code: 1005, reason: "" });
    expect(running.io.sockets.sockets.size).to.be(0);
  });

  it("by joining a namespace twice is disconnected over polling too [21]", async () => {
    const { io, url } = await startServer();
    const connected = nextValue(io, "connection");
    const polling = await openPolling(url);
    await polling.join();
    const left = nextEvent(await connected, "disconnect");
    await polling.post("40");
    expect((await left)[0]).to.be("forced server close");
    expect((await polling.poll()).at(-1)).to.be("1");
  });

  it("may join a namespace again that it has left [21]", async () => {
    const running = await startServer();
    const connected = nextValue(running.io, "connection");
    const wire = await openWire(running.url);
    await wire.join();
    const left = nextEvent(await connected, "disconnect");
    wire.send("41");
    await left;
    expect(await wire.join()).to.match(/^40\{"sid":/);
  });

  for (const [what, packet] of Object.entries({
    "an event": '42["hello"]',
    "an acknowledgement": "431[]",
    "a disconnection": "41",
    "a refusal": '44{"message":"no"}',
  })) {
    it(`by sending ${what} to a namespace that it has not joined is disconnected [21]`, async () => {
      const running = await startServer();
      const wire = await openWire(running.url);
      wire.send(packet);
      expect(await wire.closeFrame).to.eql({ code: 1005, reason: "" });
      expect(wire.seen.length).to.be(1);
    });
  }
});

describe("adapter", () => {
  it("is created for each namespace, receives it, and is initialised [22]", async () => {
    const made: unknown[] = [];
    class OwnAdapter extends Adapter {
      constructor(nsp: any) {
        super(nsp);
        made.push(["made", nsp.name]);
      }
      override init() {
        made.push(["initialised", this.nsp.name]);
      }
    }
    const { io, pair } = await startServer({ adapter: OwnAdapter });
    io.of(/^\/dynamic-\d+$/);
    const before = made.length;
    expect(made.slice(0, 2)).to.eql([
      ["made", "/"],
      ["initialised", "/"],
    ]);
    await pair("/dynamic-1");
    expect(io.of("/dynamic-1").adapter).to.be.a(OwnAdapter);
    expect(made.slice(before)).to.eql([
      ["made", "/dynamic-1"],
      ["initialised", "/dynamic-1"],
    ]);
  });

  it("may be a function that creates adapters [22]", async () => {
    class OwnAdapter extends Adapter {}
    function createAdapter(nsp: any) {
      return new OwnAdapter(nsp);
    }
    const { io, pair } = await startServer({ adapter: createAdapter });
    expect(io.sockets.adapter).to.be.a(OwnAdapter);
    await pair();
  });

  ownTest("may be an arrow function that creates adapters [22]", async () => {
    class OwnAdapter extends Adapter {}
    const { io, pair } = await startServer({ adapter: (nsp: any) => new OwnAdapter(nsp) });
    expect(io.sockets.adapter).to.be.a(OwnAdapter);
    await pair();
  });

  it("delivers broadcasts [22]", async () => {
    const seen: unknown[] = [];
    class OwnAdapter extends Adapter {
      override broadcast(packet: any, options: any) {
        seen.push([packet.data, [...options.rooms], [...options.except]]);
        super.broadcast(packet, options);
      }
    }
    const { io, pair } = await startServer({ adapter: OwnAdapter });
    const { client, socket } = await pair();
    socket.join("a");
    io.to("a").except("b").emit("hello", 1);
    expect(await nextValue(client, "hello")).to.be(1);
    expect(seen).to.eql([[["hello", 1], ["a"], ["b"]]]);
  });
});

describe("parser", () => {
  it("encodes and decodes on both sides [22]", async () => {
    const { pair } = await startServer({ parser: msgpackParser });
    const { client, socket } = await pair("/", { parser: msgpackParser, transports: ["websocket"] });
    const data = { date: new Date(0), bytes: Buffer.from([1, 2]), text: "é" };
    client.emit("hello", data);
    const got = await nextValue(socket, "hello");
    expect(got.text).to.be("é");
    expect([...got.bytes]).to.eql([1, 2]);
    socket.emit("hello", data);
    expect((await nextValue(client, "hello")).text).to.be("é");
    const frame = new Promise<unknown>((resolve) => socket.conn.once("packetCreate", resolve));
    socket.emit("hello");
    expect(((await frame) as { data: unknown }).data).to.be.a(Buffer);
  });

  it("creates a decoder for each connection, which is destroyed with it [22]", async () => {
    const destroyed: unknown[] = [];
    const made: unknown[] = [];
    class Decoder extends defaultParser.Decoder {
      constructor() {
        super();
        made.push(this);
      }
      override destroy() {
        super.destroy();
        destroyed.push(this);
      }
    }
    const { pair } = await startServer({ parser: { ...defaultParser, Decoder } });
    const first = await pair();
    const second = await pair();
    expect(made.length).to.be(2);
    second.client.disconnect();
    await eventually(() => destroyed.length === 1);
    expect(destroyed[0]).to.be(made[1]);
    expect(first.client.connected).to.be(true);
  });

  it("encodes broadcasts too [22]", async () => {
    const encoded: unknown[] = [];
    class Encoder extends defaultParser.Encoder {
      override encode(packet: Packet) {
        encoded.push(packet.data);
        return super.encode(packet);
      }
    }
    const { io, pair } = await startServer({ parser: { ...defaultParser, Encoder } });
    const { client } = await pair();
    const got = nextValue(client, "hello");
    io.emit("hello", 1);
    await got;
    expect(encoded.filter((data: any) => data?.[0] === "hello")).to.eql([["hello", 1]]);
  });

  it("is socket.io-parser by default [22]", () => {
    const io = new Server(createServer());
    expect(io.encoder).to.be.a(defaultParser.Encoder);
  });
});
