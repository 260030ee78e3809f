import expect from "expect.js";
import { type Running, startServer } from "../support/server";
import { nextEvent, nextValue } from "../support/waiting";
import { openWire } from "../support/wire";

const transports = ["polling", "websocket"] as const;

async function joined({ io, url }: Running) {
  const connected = nextValue(io, "connection");
  const wire = await openWire(url);
  await wire.join();
  return { wire, socket: await connected };
}

/** A real client and the server represent binary data as a Buffer in Node.js. */
function bytesOf(value: any): number[] {
  expect(value).to.be.a(Buffer);
  return [...value];
}

const placeholder = (num: number) => ({ _placeholder: true, num });

describe("a binary event on the wire", () => {
  it("is a packet with placeholders, followed by the attachments in order [83]", async () => {
    const { wire, socket } = await joined(await startServer());
    const buffers = [1, 2, 3].map((byte) => Buffer.from([byte]));
    socket.emit("hello", buffers[0], { deep: [{ er: buffers[1] }, "x"] }, null, [buffers[2]]);
    const [packet, ...attachments] = [
      String(await wire.next()),
      await wire.next(),
      await wire.next(),
      await wire.next(),
    ];
    expect(packet.slice(0, 4)).to.be("453-");
    expect(JSON.parse(packet.slice(4))).to.eql([
      "hello",
      placeholder(0),
      { deep: [{ er: placeholder(1) }, "x"] },
      null,
      [placeholder(2)],
    ]);
    expect(attachments).to.eql(buffers);
  });

  it("of a namespace that requests an acknowledgement has both in its header [83]", async () => {
    const running = await startServer();
    const connected = nextValue(running.io.of("/chat"), "connection");
    const wire = await openWire(running.url);
    await wire.join("/chat");
    const socket = await connected;
    running.io.of("/chat")._ids = 12;
    socket.emit("hello", Buffer.from([1]), () => {});
    expect(await wire.next()).to.be('451-/chat,12["hello",{"_placeholder":true,"num":0}]');
  });

  it("may refer to attachments in any order, and repeatedly [83]", async () => {
    const { wire, socket } = await joined(await startServer());
    const heard = nextEvent(socket, "hello");
    const places = JSON.stringify(["hello", placeholder(1), { a: [placeholder(0), placeholder(1)] }]);
    wire.send(`452-${places}`, Buffer.from([0]), Buffer.from([1]));
    const [first, { a }] = await heard;
    expect([bytesOf(first), ...a.map(bytesOf)]).to.eql([[1], [0], [1]]);
  });

  it("may have empty attachments [83]", async () => {
    const { wire, socket } = await joined(await startServer());
    const heard = nextEvent(socket, "hello");
    wire.send('451-["hello",{"_placeholder":true,"num":0}]', Buffer.alloc(0));
    expect(bytesOf((await heard)[0])).to.eql([]);
  });

  it("may be acknowledged with binary data: the acknowledgement is a packet with attachments [55, 83]", async () => {
    const { wire, socket } = await joined(await startServer());
    socket.on("hello", (buffer: Buffer, answer: (data: object) => void) => answer({ back: buffer }));
    wire.send('451-7["hello",{"_placeholder":true,"num":0}]', Buffer.from([5]));
    expect(await wire.next()).to.be('461-7[{"back":{"_placeholder":true,"num":0}}]');
    expect(await wire.next()).to.eql(Buffer.from([5]));
  });

  it("may be an acknowledgement [55, 83]", async () => {
    const { wire, socket } = await joined(await startServer());
    const answered = socket.emitWithAck("question");
    const [id] = /\d+/.exec(String(await wire.next()).slice(2)) as string[];
    wire.send(`461-${id}[{"_placeholder":true,"num":0}]`, Buffer.from([6]));
    expect(bytesOf(await answered)).to.eql([6]);
  });

  it("may be a text packet, if toJSON() removes all binary data [84]", async () => {
    const { wire, socket } = await joined(await startServer());
    const hidden = { secret: Buffer.from([1]), toJSON: () => "public" };
    socket.emit("hello", hidden);
    expect(await wire.next()).to.be('42["hello","public"]');
  });

  it("respects toJSON() beside binary data, and the binary data that it returns [84]", async () => {
    const { wire, socket } = await joined(await startServer());
    class Money {
      constructor(readonly cents: number) {}
      toJSON() {
        return `${this.cents / 100} €`;
      }
    }
    const holder = { hidden: 1, toJSON: () => ({ shown: Buffer.from([2]), price: new Money(150) }) };
    socket.emit("hello", Buffer.from([1]), new Money(99), holder, new Date(0));
    const packet = String(await wire.next());
    expect(packet.slice(0, 4)).to.be("452-");
    expect(JSON.parse(packet.slice(4))).to.eql([
      "hello",
      placeholder(0),
      "0.99 €",
      { shown: placeholder(1), price: "1.5 €" },
      "1970-01-01T00:00:00.000Z",
    ]);
    expect([await wire.next(), await wire.next()]).to.eql([Buffer.from([1]), Buffer.from([2])]);
  });

  it("contains the own properties of an object, and does not modify the object [84]", async () => {
    const { wire, socket } = await joined(await startServer());
    const inherited = Object.assign(Object.create({ inherited: Buffer.from([9]) }), {
      own: Buffer.from([1]),
    });
    const bare = Object.assign(Object.create(null), { own: 2 });
    socket.emit("hello", inherited, bare);
    expect(await wire.next()).to.be('451-["hello",{"own":{"_placeholder":true,"num":0}},{"own":2}]');
    expect(inherited.own).to.eql(Buffer.from([1]));
  });

  it("with the name of a property of Object.prototype is harmless [31, 84]", async () => {
    const { wire, socket } = await joined(await startServer());
    const heard = nextEvent(socket, "hello");
    wire.send(
      '451-["hello",{"__proto__":{"polluted":1},"data":{"_placeholder":true,"num":0}}]',
      Buffer.from([1]),
    );
    const [argument] = await heard;
    expect(bytesOf(argument.data)).to.eql([1]);
    expect(argument.polluted).to.be(undefined);
    expect(({} as any).polluted).to.be(undefined);
  });
});

for (const transport of transports) {
  describe(`binary data between a real client and the server, over ${transport}`, () => {
    const options = { transports: [transport] };

    it("arrives from the client, nested in arrays and objects [83]", async () => {
      const { client, socket } = await (await startServer()).pair("/", options);
      const heard = nextEvent(socket, "hello");
      client.emit(
        "hello",
        { a: [Buffer.from([1]), { b: new Uint8Array([2, 3]) }], text: "ö" },
        Buffer.from([4]),
        null,
        7,
      );
      const [nested, buffer, nothing, number] = await heard;
      expect([bytesOf(nested.a[0]), bytesOf(nested.a[1].b), bytesOf(buffer)]).to.eql([[1], [2, 3], [4]]);
      expect([nested.text, nothing, number]).to.eql(["ö", null, 7]);
    });

    it("arrives at the client, from Buffers, typed arrays and ArrayBuffers [83]", async () => {
      const { client, socket } = await (await startServer()).pair("/", options);
      const heard = nextEvent(client, "hello");
      const whole = new Uint8Array([0, 1, 2, 3, 4]);
      socket.emit(
        "hello",
        { deep: [Buffer.from([1])] },
        new Uint8Array([2]),
        whole.subarray(2, 4),
        new Uint8Array([5]).buffer,
        new DataView(whole.buffer, 1, 2),
      );
      const [nested, ...others] = await heard;
      expect([bytesOf(nested.deep[0]), ...others.map(bytesOf)]).to.eql([[1], [2], [2, 3], [5], [1, 2]]);
    });

    it("arrives at all clients of a room [83]", async () => {
      const running = await startServer();
      const pairs = [await running.pair("/", options), await running.pair("/", options)];
      const heard = pairs.map(({ client }) => nextEvent(client, "hello"));
      for (const { socket } of pairs) {
        socket.join("room");
      }
      running.io.to("room").emit("hello", { deep: [Buffer.from([1, 2])] });
      for (const [{ deep }] of await Promise.all(heard)) {
        expect(bytesOf(deep[0])).to.eql([1, 2]);
      }
    });

    it("can be in acknowledgements of both sides [55, 83]", async () => {
      const { client, socket } = await (await startServer()).pair("/", options);
      const echo = (buffer: Buffer, answer: (data: object) => void) => answer({ echo: [buffer] });
      socket.on("hello", echo);
      client.on("hello", echo);
      expect(bytesOf((await client.emitWithAck("hello", Buffer.from([1]))).echo[0])).to.eql([1]);
      expect(bytesOf((await socket.emitWithAck("hello", Buffer.from([2]))).echo[0])).to.eql([2]);
    });

    it("keeps its place among other events [83]", async () => {
      const { client, socket } = await (await startServer()).pair("/", options);
      const seen: string[] = [];
      client.onAny((name: string) => seen.push(name));
      const last = nextEvent(client, "e");
      socket.emit("a");
      socket.emit("b", Buffer.alloc(100_000), Buffer.from([1]));
      socket.emit("c");
      socket.emit("d", Buffer.from([1]));
      socket.emit("e");
      await last;
      expect(seen).to.eql(["a", "b", "c", "d", "e"]);
    });
  });
}
