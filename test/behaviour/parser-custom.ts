import { EventEmitter } from "node:events";
import expect from "expect.js";
import { isPacketValid, type Packet } from "socket.io-parser";
import { type Running, startServer } from "../support/server";
import { eventually, nextEvent, nextValue } from "../support/waiting";
import { openPolling, openWire } from "../support/wire";

/** Packets as plain JSON, with binary data as base64; records how the server uses its parser. */
function jsonParser() {
  const record = { encoders: 0, decoders: [] as JsonDecoder[], destroyed: 0, encoded: [] as Packet[] };

  class Encoder {
    constructor() {
      record.encoders++;
    }
    encode(packet: Packet): string[] {
      record.encoded.push(packet);
      return [
        JSON.stringify(packet, (_key, value) =>
          value?.type === "Buffer" ? { base64: Buffer.from(value.data).toString("base64") } : value,
        ),
      ];
    }
  }

  class JsonDecoder extends EventEmitter {
    constructor() {
      super();
      record.decoders.push(this);
    }
    add(chunk: string): void {
      const packet = JSON.parse(chunk, (_key, value) =>
        typeof value?.base64 === "string" ? Buffer.from(value.base64, "base64") : value,
      );
      if (!isPacketValid(packet)) {
        throw new Error("not a packet of ours");
      }
      this.emit("decoded", packet);
    }
    destroy(): void {
      record.destroyed++;
    }
  }

  return { record, parser: { Encoder, Decoder: JsonDecoder } };
}

const CONNECT = '4{"type":0,"nsp":"/"}';

async function joined({ io, url }: Running) {
  const connected = nextValue(io, "connection");
  const wire = await openWire(url);
  wire.send(CONNECT);
  const answer = JSON.parse(String(await wire.next()).slice(1));
  return { wire, answer, socket: await connected };
}

for (const transport of ["polling", "websocket"] as const) {
  describe(`a custom parser, over ${transport}`, () => {
    const options = (parser: any) => ({ parser, transports: [transport] });

    it("transmits events and acknowledgements in both directions [86]", async () => {
      const { parser } = jsonParser();
      const { client, socket } = await (await startServer({ parser })).pair("/", options(parser));
      const echo = (value: unknown, answer: (value: unknown) => void) => answer(value);
      socket.on("echo", echo);
      client.on("echo", echo);
      const value = { text: "ö", list: [1, null, { deep: true }] };
      expect(await client.emitWithAck("echo", value)).to.eql(value);
      expect(await socket.emitWithAck("echo", value)).to.eql(value);
    });

    it("transmits binary data in its own format [86]", async () => {
      const { parser } = jsonParser();
      const { client, socket } = await (await startServer({ parser })).pair("/", options(parser));
      const came = nextEvent(client, "hello");
      socket.emit("hello", { deep: [Buffer.from([1, 2])] });
      expect((await came)[0].deep[0]).to.eql(Buffer.from([1, 2]));
      const went = nextEvent(socket, "hello");
      client.emit("hello", Buffer.from([3]));
      expect((await went)[0]).to.eql(Buffer.from([3]));
    });

    it("transmits namespaces, auth, refusals and disconnects [86]", async () => {
      const { parser } = jsonParser();
      const running = await startServer({ parser });
      running.io.of("/chat").use((socket, next) => {
        next(socket.handshake.auth.token === "x" ? undefined : new Error("no token"));
      });
      const refused = running.connect("/chat", options(parser));
      expect((await nextValue<Error>(refused, "connect_error")).message).to.be("no token");
      const unknown = running.connect("/nope", options(parser));
      expect((await nextValue<Error>(unknown, "connect_error")).message).to.be("Invalid namespace");
      const { client, socket } = await running.pair("/chat", { ...options(parser), auth: { token: "x" } });
      const told = nextEvent(client, "disconnect");
      socket.disconnect();
      expect((await told)[0]).to.be("io server disconnect");
      const again = nextValue(running.io.of("/chat"), "connection");
      client.connect();
      const gone = nextEvent(await again, "disconnect");
      await nextEvent(client, "connect");
      client.disconnect();
      expect((await gone)[0]).to.be("client namespace disconnect");
    });

    it("transmits broadcasts, to rooms and with acknowledgements [86]", async () => {
      const { parser } = jsonParser();
      const running = await startServer({ parser });
      const pairs = [await running.pair("/", options(parser)), await running.pair("/", options(parser))];
      for (const [index, { client, socket }] of pairs.entries()) {
        socket.join("room");
        client.on("question", (answer: (value: unknown) => void) => answer(index));
      }
      const heard = pairs.map(({ client }) => nextEvent(client, "hello"));
      running.io.to("room").emit("hello", { a: 1 });
      expect(await Promise.all(heard)).to.eql([[{ a: 1 }], [{ a: 1 }]]);
      const answers = await running.io.timeout(5000).emitWithAck("question");
      expect(answers.sort()).to.eql([0, 1]);
    });
  });
}

describe("a custom parser", () => {
  it("has one encoder for the server, and a decoder for each connection [86]", async () => {
    const { parser, record } = jsonParser();
    const running = await startServer({ parser });
    expect([record.encoders, record.decoders.length]).to.eql([1, 0]);
    await joined(running);
    await joined(running);
    expect([record.encoders, record.decoders.length]).to.eql([1, 2]);
    expect(running.io.encoder).to.be.a(parser.Encoder);
    expect(running.io._parser).to.be(parser);
  });

  it("encodes a broadcast once, as a packet of the namespace [71, 86]", async () => {
    const { parser, record } = jsonParser();
    const running = await startServer({ parser });
    const [first, second] = [await joined(running), await joined(running)];
    record.encoded.length = 0;
    running.io.emit("hello");
    const packet = '4{"type":2,"data":["hello"],"nsp":"/"}';
    for (const { wire } of [first, second]) {
      expect(JSON.parse(String(await wire.next()).slice(1))).to.eql(JSON.parse(packet.slice(1)));
    }
    expect(record.encoded.length).to.be(1);
  });

  it("defines the messages on the wire [86]", async () => {
    const { parser } = jsonParser();
    const { wire, answer, socket } = await joined(await startServer({ parser }));
    expect(answer).to.eql({ type: 0, nsp: "/", data: { sid: socket.id } });
    socket.emit("hello", 1);
    expect(JSON.parse(String(await wire.next()).slice(1))).to.eql({ type: 2, nsp: "/", data: ["hello", 1] });
  });

  it("may encode a packet as several messages, text or binary, which are sent together [86]", async () => {
    const { parser } = jsonParser();
    class SplittingEncoder {
      encode(packet: Packet): (string | Buffer)[] {
        return ["begin", Buffer.from(JSON.stringify(packet.data)), "end"];
      }
    }
    const running = await startServer({ parser: { ...parser, Encoder: SplittingEncoder } });
    const connected = nextValue(running.io, "connection");
    const wire = await openWire(running.url);
    wire.send(CONNECT);
    const socket = await connected;
    socket.emit("one");
    running.io.emit("all");
    const frames: string[] = [];
    for (let i = 0; i < 9; i++) {
      frames.push(String(await wire.next()));
    }
    const whole = (data: object) => ["4begin", JSON.stringify(data), "4end"];
    expect(frames).to.eql([...whole({ sid: socket.id }), ...whole(["one"]), ...whole(["all"])]);
  });

  it("that throws closes the connection, and its sockets receive the error [86]", async () => {
    const { parser } = jsonParser();
    const running = await startServer({ parser });
    for (const [frame, message] of [
      ['4{"type":7,"nsp":"/"}', /^not a packet of ours$/],
      ['4{"type":2,"nsp":"/","data":["disconnect"]}', /^not a packet of ours$/],
      ['42["hello"]', /JSON/],
    ] as const) {
      const { wire, socket } = await joined(running);
      const failed = nextValue<Error>(socket, "error");
      const disconnected = nextEvent(socket, "disconnect");
      wire.send(frame);
      expect((await failed).message).to.match(message);
      expect((await disconnected)[0]).to.be("forced close");
      expect(await wire.closed).to.be(1005);
    }
  });

  it("closes clients that use another parser [86]", async () => {
    const { parser } = jsonParser();
    const running = await startServer({ parser });
    const wire = await openWire(running.url);
    wire.send("40");
    expect(await wire.closed).to.be(1005);
    const polling = await openPolling(running.url);
    await polling.post("40");
    expect(await polling.poll()).to.contain("1");
  });

  it("has its decoder destroyed once when the connection closes, and its listeners removed [86]", async () => {
    const { parser, record } = jsonParser();
    const running = await startServer({ parser });
    const { wire } = await joined(running);
    expect(record.decoders[0].listenerCount("decoded")).to.be(1);
    wire.ws.close();
    await eventually(() => record.destroyed > 0);
    expect(record.destroyed).to.be(1);
    expect(record.decoders[0].listenerCount("decoded")).to.be(0);
  });

  it("works with connection state recovery, which sends missed packets again [78, 86]", async () => {
    const { parser } = jsonParser();
    const running = await startServer({ parser, connectionStateRecovery: {} });
    const { wire, answer, socket } = await joined(running);
    socket.emit("first");
    const [, offset] = JSON.parse(String(await wire.next()).slice(1)).data;
    const disconnected = nextEvent(socket, "disconnect");
    wire.ws.terminate();
    await disconnected;
    running.io.emit("missed");
    const later = await openWire(running.url);
    later.send(`4${JSON.stringify({ type: 0, nsp: "/", data: { pid: answer.data.pid, offset } })}`);
    const packets = [await later.next(), await later.next()].map((frame) =>
      JSON.parse(String(frame).slice(1)),
    );
    const [missed] = packets.filter(({ type }) => type === 2);
    const [connect] = packets.filter(({ type }) => type === 0);
    expect(connect.data).to.eql(answer.data);
    expect(missed.data[0]).to.be("missed");
  });
});
