import expect from "expect.js";
import * as parser from "socket.io-msgpack-parser";
import { type Running, startServer } from "../support/server";
import { nextEvent, nextValue } from "../support/waiting";
import { type Frame, openWire } from "../support/wire";

const encoder = new parser.Encoder();

/** A packet as one binary message. */
const pack = (packet: object): Buffer => (encoder.encode(packet as any) as any)[0];

function unpack(frame: Frame): any {
  expect(frame).to.be.a(Buffer);
  const decoder = new parser.Decoder();
  let packet: any;
  decoder.on("decoded", (decoded: any) => {
    packet = decoded;
  });
  decoder.add(frame);
  return packet;
}

async function joined({ io, url }: Running) {
  const connected = nextValue(io, "connection");
  const wire = await openWire(url);
  wire.send(pack({ type: 0, nsp: "/" }));
  const answer = unpack(await wire.next());
  return { wire, answer, socket: await connected };
}

for (const transport of ["polling", "websocket"] as const) {
  describe(`socket.io-msgpack-parser, over ${transport}`, () => {
    const options: any = { parser, transports: [transport] };

    it("transmits events and acknowledgements in both directions, with binary data [86]", async () => {
      const { client, socket } = await (await startServer({ parser })).pair("/", options);
      const echo = (value: unknown, answer: (value: unknown) => void) => answer(value);
      socket.on("echo", echo);
      client.on("echo", echo);
      const value = { text: "ö😀", list: [1, -1.5, null, true, { deep: Buffer.from([1, 2]) }], big: 2 ** 40 };
      expect(await client.emitWithAck("echo", value)).to.eql(value);
      expect(await socket.emitWithAck("echo", value)).to.eql(value);
      const { list } = await socket.emitWithAck("echo", value);
      expect(list[4].deep).to.be.a(Buffer);
    });

    it("transmits namespaces, auth, refusals and disconnects [86]", async () => {
      const running = await startServer({ parser });
      running.io.of("/chat").use((socket, next) => {
        const { token } = socket.handshake.auth;
        next(token === "x" ? undefined : Object.assign(new Error("no token"), { data: { code: 7 } }));
      });
      const refused = running.connect("/chat", options);
      const error = await nextValue(refused, "connect_error");
      expect([error.message, error.data]).to.eql(["no token", { code: 7 }]);
      const unknown = running.connect("/nope", options);
      expect((await nextValue(unknown, "connect_error")).message).to.be("Invalid namespace");
      const { client, socket } = await running.pair("/chat", { ...options, auth: { token: "x" } });
      expect(client.id).to.be(socket.id);
      const gone = nextEvent(socket, "disconnect");
      client.disconnect();
      expect((await gone)[0]).to.be("client namespace disconnect");
    });

    it("transmits broadcasts, to rooms and with acknowledgements [86]", async () => {
      const running = await startServer({ parser });
      const pairs = [await running.pair("/", options), await running.pair("/", options)];
      for (const [index, { client, socket }] of pairs.entries()) {
        socket.join("room");
        client.on("question", (answer: (value: unknown) => void) => answer(index));
      }
      const heard = pairs.map(({ client }) => nextEvent(client, "hello"));
      running.io.to("room").emit("hello", { a: Buffer.from([1]) });
      expect(await Promise.all(heard)).to.eql([[{ a: Buffer.from([1]) }], [{ a: Buffer.from([1]) }]]);
      expect((await running.io.timeout(5000).emitWithAck("question")).sort()).to.eql([0, 1]);
    });

    it("transmits thousands of bytes, and many events in order [86]", async () => {
      const { client, socket } = await (await startServer({ parser })).pair("/", options);
      const seen: number[] = [];
      client.on("hello", (n: number) => seen.push(n));
      const last = nextEvent(client, "last");
      for (let n = 0; n < 100; n++) {
        socket.emit("hello", n, "x".repeat(n));
      }
      socket.emit("last", Buffer.alloc(70_000, 1));
      expect((await last)[0].length).to.be(70_000);
      expect(seen).to.eql(Array.from({ length: 100 }, (_, n) => n));
    });
  });
}

describe("socket.io-msgpack-parser on the wire", () => {
  it("encodes each packet as one binary message [86]", async () => {
    const running = await startServer({ parser });
    const { wire, answer, socket } = await joined(running);
    expect(answer.type).to.be(0);
    expect(answer.nsp).to.be("/");
    expect(answer.data.sid).to.be(socket.id);
    socket.emit("hello", Buffer.from([1]), { deep: Buffer.from([2]) });
    running.io.emit("hello", "all");
    const [single, broadcast] = [unpack(await wire.next()), unpack(await wire.next())];
    expect([single.type, single.nsp]).to.eql([2, "/"]);
    expect(single.data).to.eql(["hello", Buffer.from([1]), { deep: Buffer.from([2]) }]);
    expect([broadcast.type, broadcast.nsp, broadcast.data]).to.eql([2, "/", ["hello", "all"]]);
  });

  it("has acknowledgements with the packet id of the event [55, 86]", async () => {
    const { wire, socket } = await joined(await startServer({ parser }));
    socket.on("question", (answer: (value: unknown) => void) => answer(Buffer.from([1])));
    wire.send(pack({ type: 2, nsp: "/", id: 7, data: ["question"] }));
    const { type, id, data } = unpack(await wire.next());
    expect([type, id, data]).to.eql([3, 7, [Buffer.from([1])]]);
    const answered = socket.emitWithAck("question");
    wire.send(pack({ type: 3, nsp: "/", id: unpack(await wire.next()).id, data: ["yes"] }));
    expect(await answered).to.be("yes");
  });

  it("does not pre-encode a WebSocket frame for a broadcast: the messages are binary [71, 86]", async () => {
    const running = await startServer({ parser });
    const { wire, socket } = await joined(running);
    const created = nextValue(socket.conn, "packetCreate");
    running.io.emit("hello");
    const { data, options } = await created;
    expect(data).to.eql(await wire.next());
    expect(options.wsPreEncodedFrame).to.be(undefined);
  });

  const invalid: [message: string, frame: Frame][] = [
    ["invalid packet type", pack({ type: 5, nsp: "/", data: ["hello"] })],
    ["invalid packet type", pack({ type: "2", nsp: "/", data: ["hello"] })],
    ["invalid packet type", "40"],
    ["invalid namespace", pack({ type: 2, nsp: 1, data: ["hello"] })],
    ["invalid payload", pack({ type: 2, nsp: "/", data: {} })],
    ["invalid payload", pack({ type: 1, nsp: "/", data: ["hello"] })],
    ["invalid packet id", pack({ type: 2, nsp: "/", id: "x", data: ["hello"] })],
    ["5 trailing bytes", '42["a"]'],
    ["Could not parse", Buffer.from([0xc1])],
    ["Could not parse", Buffer.alloc(0)],
  ];
  for (const [message, frame] of invalid) {
    const shown = typeof frame === "string" ? frame : frame.toString("latin1").replace(/[^ -~]/g, "·");
    it(`${shown} is "${message}", and closes the connection [86]`, async () => {
      const { wire, socket } = await joined(await startServer({ parser }));
      const failed = nextValue<Error>(socket, "error");
      const disconnected = nextEvent(socket, "disconnect");
      wire.send(frame);
      expect((await failed).message).to.be(message);
      expect((await disconnected)[0]).to.be("forced close");
      expect(await wire.closed).to.be(1005);
    });
  }

  it("does not understand the default parser: such a client is closed [86]", async () => {
    const running = await startServer({ parser });
    const client = running.connect("/", { transports: ["websocket"], reconnection: false });
    const closed = nextValue(running.io.engine, "connection").then((conn) => nextEvent(conn, "close"));
    expect((await closed)[0]).to.be("forced close");
    expect(client.connected).to.be(false);
  });
});
