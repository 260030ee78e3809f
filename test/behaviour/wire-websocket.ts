import expect from "expect.js";
import { type Running, startServer } from "../support/server";
import { nextEvent, nextValue } from "../support/waiting";
import { openWire } from "../support/wire";

async function joined({ io, url }: Running) {
  const connected = nextValue(io, "connection");
  const wire = await openWire(url);
  await wire.join();
  const socket = await connected;
  return { wire, socket, disconnected: nextEvent(socket, "disconnect") };
}

/** Writes bytes to the connection directly, without the WebSocket library. */
function writeRaw(ws: any, ...bytes: number[]): void {
  ws._socket.write(Buffer.from(bytes));
}

describe("a message over WebSocket", () => {
  it("may have as many bytes as maxHttpBufferSize [15]", async () => {
    const { wire, socket } = await joined(await startServer({ maxHttpBufferSize: 100 }));
    const heard = nextValue(socket, "x");
    const text = "x".repeat(100 - '42["x",""]'.length);
    wire.send(`42["x","${text}"]`);
    expect(await heard).to.be(text);
  });

  const limit = { maxHttpBufferSize: 100 };
  const tooLarge = (error: Error) => {
    expect(error).to.be.an(Error);
    expect(error.message).to.be("RangeError: Max payload size exceeded");
  };

  it("that exceeds it is a transport error, and closes with 1009 [15, 53]", async () => {
    const { wire, disconnected } = await joined(await startServer(limit));
    wire.send(`42["x","${"x".repeat(101 - '42["x",""]'.length)}"]`);
    const [reason, error] = await disconnected;
    expect(reason).to.be("transport error");
    tooLarge(error);
    expect(await wire.closed).to.be(1009);
  });

  it("is measured in bytes, also as binary data [15]", async () => {
    const running = await startServer(limit);
    for (const frame of [`42["x","${"ä".repeat(50)}"]`, Buffer.alloc(101)]) {
      const { wire, disconnected } = await joined(running);
      wire.send(frame);
      tooLarge((await disconnected)[1]);
      expect(await wire.closed).to.be(1009);
    }
  });

  it("is measured as a whole when it arrives in fragments [15]", async () => {
    const { wire, disconnected } = await joined(await startServer(limit));
    wire.ws.send(`42["x","${"x".repeat(60)}`, { fin: false });
    wire.ws.send("x".repeat(60), { fin: false });
    tooLarge((await disconnected)[1]);
    expect(await wire.closed).to.be(1009);
  });

  it("may arrive in fragments, with a WebSocket ping between them [83]", async () => {
    const { wire, socket } = await joined(await startServer());
    const heard = nextEvent(socket, "hello");
    wire.ws.send('42["hel', { fin: false });
    const pong = nextEvent(wire.ws as any, "pong");
    wire.ws.ping("between");
    wire.ws.send('lo","ö', { fin: false });
    wire.ws.send('"]', { fin: true });
    expect(await heard).to.eql(["ö"]);
    expect(String((await pong)[0])).to.be("between");
  });

  it("may be large, in both directions [15, 83]", async () => {
    const { wire, socket } = await joined(await startServer());
    const text = "ö".repeat(300_000);
    const heard = nextValue(socket, "hello");
    wire.send(`42["hello","${text}"]`);
    expect((await heard) === text).to.be(true);
    socket.emit("hello", text);
    expect((await wire.next()) === `42["hello","${text}"]`).to.be(true);
  });

  const broken: [name: string, code: number, message: RegExp, bytes: number[]][] = [
    ["text that is not UTF-8", 1007, /Invalid UTF-8/i, [0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28]],
    ["a frame without a mask", 1002, /MASK must be set/, [0x81, 0x02, 0x34, 0x32]],
    ["a frame with a reserved bit", 1002, /RSV2 and RSV3 must be clear/, [0xa1, 0x80, 0, 0, 0, 0]],
    ["a compressed frame without negotiation", 1002, /RSV1 must be clear/, [0xc1, 0x80, 0, 0, 0, 0]],
    ["a frame with an unknown opcode", 1002, /invalid opcode 3/, [0x83, 0x80, 0, 0, 0, 0]],
  ];
  for (const [name, code, message, bytes] of broken) {
    it(`that is ${name} is a transport error, and closes with ${code} [53]`, async () => {
      const { wire, disconnected } = await joined(await startServer({ perMessageDeflate: false }));
      writeRaw(wire.ws, ...bytes);
      const [reason, error] = await disconnected;
      expect(reason).to.be("transport error");
      expect(error.message).to.match(message);
      expect(await wire.closed).to.be(code);
    });
  }
});

describe("the end of a WebSocket", () => {
  it("by the client is a transport close, with any code [53]", async () => {
    const running = await startServer();
    for (const args of [[], [1000], [4001, "bye"]] as [number?, string?][]) {
      const { wire, disconnected } = await joined(running);
      wire.ws.close(...args);
      expect((await disconnected)[0]).to.be("transport close");
    }
  });

  it("by a network failure is a transport close [53]", async () => {
    const { wire, disconnected } = await joined(await startServer());
    wire.ws.terminate();
    expect((await disconnected)[0]).to.be("transport close");
  });

  it("by the server has no code, and follows the data that was sent before [61, 91]", async () => {
    const { wire, socket, disconnected } = await joined(await startServer());
    socket.emit("last");
    socket.disconnect(true);
    expect([await wire.next(), await wire.next()]).to.eql(['42["last"]', "41"]);
    expect(await wire.closed).to.be(1005);
    expect((await disconnected)[0]).to.be("server namespace disconnect");
  });
});
