import expect from "expect.js";
import { Decoder, Encoder, isPacketValid } from "socket.io-parser";
import { RESERVED_EVENTS } from "../support/public-names";
import { type Running, startServer } from "../support/server";
import { nextEvent, nextValue } from "../support/waiting";
import { type Frame, openPolling, openWire } from "../support/wire";

async function joined({ io, url }: Running) {
  const connected = nextValue(io, "connection");
  const wire = await openWire(url);
  await wire.join();
  return { wire, socket: await connected };
}

const placeholder = '{"_placeholder":true,"num":0}';
const attachment = Buffer.from([1, 2, 3]);

/** The messages of parser errors, each with packets that cause it; the error is caused by the last packet. */
const invalid: [error: string, ...messages: Frame[][]][] = [
  ["unknown packet type 7", ["47"]],
  ["unknown packet type 9", ['49["hello"]']],
  ["unknown packet type NaN", ["4x"], ['4-1["hello"]']],
  [
    "invalid payload",
    ['42["hello"'],
    ["42[]"],
    ["42{}"],
    ["42[null]"],
    ['42[{"name":"hello"}]'],
    ['42[["hello"]]'],
    ["42null"],
    ["40[]"],
    ['40"token"'],
    ["41{}"],
    ['41"reason"'],
    ["431{}"],
    ['44["x"]'],
    ['451-{"_placeholder":true,"num":0}'],
  ],
  [
    "Illegal attachments",
    ['450-["hello"]'],
    ['45-1-["hello"]'],
    ['45-["hello"]'],
    ['45["hello"]'],
    ['451.5-["hello"]'],
    ['45x-["hello"]'],
    ["451"],
    ["461"],
    ['460-["hello"]'],
  ],
  ["too many attachments", ['4511-["hello"]'], ["461000000-1[]"], ['451e3-["hello"]']],
  [
    "illegal attachments",
    ['451-["hello",{"_placeholder":true,"num":1}]', attachment],
    ['451-["hello",{"_placeholder":true,"num":-1}]', attachment],
    ['451-["hello",{"_placeholder":true,"num":"splice"}]', attachment],
    ['451-["hello",{"_placeholder":true}]', attachment],
  ],
  [
    "got plaintext data when reconstructing a packet",
    [`451-["hello",${placeholder}]`, '42["hello"]'],
    [`451-["hello",${placeholder}]`, `451-["hello",${placeholder}]`],
  ],
  [
    "got binary data when not reconstructing a packet",
    [attachment],
    [`451-["hello",${placeholder}]`, attachment, attachment],
  ],
];

describe("a packet that is not valid", () => {
  for (const [message, ...causes] of invalid) {
    for (const frames of causes) {
      const shown = frames.map((frame) => (Buffer.isBuffer(frame) ? "binary" : frame)).join(" ");
      it(`${shown} is "${message}", and closes the connection [83]`, async () => {
        const { wire, socket } = await joined(await startServer());
        const failed = nextValue<Error>(socket, "error");
        const disconnected = nextEvent(socket, "disconnect");
        wire.send(...frames);
        const error = await failed;
        expect(error).to.be.an(Error);
        expect(error.message).to.be(message);
        expect((await disconnected)[0]).to.be("forced close");
        expect(await wire.closed).to.be(1005);
      });
    }
  }

  for (const name of RESERVED_EVENTS) {
    it(`the event name ${name} is reserved: the payload is invalid [54, 83]`, async () => {
      const { wire, socket } = await joined(await startServer());
      const heard: unknown[] = [];
      socket.onAny((...event: unknown[]) => heard.push(event));
      const failed = nextValue<Error>(socket, "error");
      wire.send(`42["${name}"]`);
      expect((await failed).message).to.be("invalid payload");
      expect(heard).to.eql([]);
    });
  }

  it("is reported to the sockets of all namespaces of the connection [83]", async () => {
    const running = await startServer();
    const main = nextValue(running.io, "connection");
    const chat = nextValue(running.io.of("/chat"), "connection");
    const wire = await openWire(running.url);
    await wire.join();
    await wire.join("/chat");
    const told = Promise.all([main, chat].map(async (socket) => nextValue(await socket, "error")));
    await Promise.all([main, chat]);
    wire.send("4/chat,");
    const [error, same] = await told;
    expect(error.message).to.be("unknown packet type NaN");
    expect(same).to.be(error);
  });

  it("closes the connection before CONNECT too, and no other [83]", async () => {
    const running = await startServer();
    const { wire: other, socket } = await joined(running);
    socket.on("question", (answer: (text: string) => void) => answer("yes"));
    const wire = await openWire(running.url);
    wire.send("42[]");
    expect(await wire.closed).to.be(1005);
    other.send('421["question"]');
    expect(await other.next()).to.be('431["yes"]');
  });

  it("closes polling connections as well [83]", async () => {
    const running = await startServer();
    const connected = nextValue(running.io, "connection");
    const wire = await openPolling(running.url);
    await wire.join();
    const socket = await connected;
    const failed = nextValue<Error>(socket, "error");
    const disconnected = nextEvent(socket, "disconnect");
    expect((await wire.post("42[]")).text).to.be("ok");
    expect((await failed).message).to.be("invalid payload");
    expect(await wire.poll()).to.contain("1");
    expect((await disconnected)[0]).to.be("forced close");
  });

  it("of Engine.IO is a parse error, without an error event [53, 83]", async () => {
    for (const frame of ["", "x", "7", "9hello", "-1"]) {
      const { wire, socket } = await joined(await startServer());
      const errors: Error[] = [];
      socket.on("error", (error: Error) => errors.push(error));
      const disconnected = nextEvent(socket, "disconnect");
      wire.send(frame);
      expect((await disconnected)[0]).to.be("parse error");
      expect(await wire.closed).to.be(1005);
      expect(errors).to.eql([]);
    }
  });
});

describe("unusual packets that are accepted", () => {
  const harmless = [
    // packets without a meaning for an open WebSocket connection
    "0",
    "1",
    "5",
    "6",
    "3probe",
    // an event or an acknowledgement without content
    "42",
    "43",
    // a packet id with a leading zero
    '420123["hello"]',
  ];
  for (const packet of harmless) {
    it(`${packet} leaves the connection open [83]`, async () => {
      const { wire, socket } = await joined(await startServer());
      socket.on("question", (answer: (text: string) => void) => answer("yes"));
      wire.send(packet, '42987["question"]');
      expect(await wire.next()).to.be('43987["yes"]');
    });
  }
});

describe("the number of attachments", () => {
  const event = (count: number) => {
    const places = Array.from({ length: count }, (_, num) => `{"_placeholder":true,"num":${num}}`);
    const frames: Frame[] = [`45${count}-["hello",${places.join(",")}]`];
    return frames.concat(Array.from({ length: count }, (_, i) => Buffer.from([i])));
  };

  it("may be 10 [84]", async () => {
    const { wire, socket } = await joined(await startServer());
    const heard = nextEvent(socket, "hello");
    wire.send(...event(10));
    expect((await heard).map((buffer) => buffer[0])).to.eql([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("may not be 11, even before one of them has arrived [84]", async () => {
    const { wire, socket } = await joined(await startServer());
    const failed = nextValue<Error>(socket, "error");
    wire.send(event(11)[0]);
    expect((await failed).message).to.be("too many attachments");
  });

  it("may be more than 10 if a parser allows it [84, 86]", async () => {
    class PatientDecoder extends Decoder {
      constructor() {
        super({ maxAttachments: 11 });
      }
    }
    const { wire, socket } = await joined(
      await startServer({ parser: { Encoder, Decoder: PatientDecoder } }),
    );
    const heard = nextEvent(socket, "hello");
    wire.send(...event(11));
    expect((await heard).length).to.be(11);
    const failed = nextValue<Error>(socket, "error");
    wire.send(event(12)[0]);
    expect((await failed).message).to.be("too many attachments");
  });

  it("is not limited for packets of the server [84]", async () => {
    const { wire, socket } = await joined(await startServer());
    socket.emit("hello", ...Array.from({ length: 12 }, () => attachment));
    expect(await wire.next()).to.match(/^4512-\["hello",/);
    for (let i = 0; i < 12; i++) {
      expect(await wire.next()).to.eql(attachment);
    }
  });

  it("may exceed the number of placeholders: the rest is ignored [84]", async () => {
    const { wire, socket } = await joined(await startServer());
    const heard = nextEvent(socket, "hello");
    wire.send(`452-["hello",${placeholder}]`, attachment, Buffer.from([9]));
    expect(await heard).to.eql([attachment]);
  });

  it("may be incomplete when the client disconnects [83]", async () => {
    const { wire, socket } = await joined(await startServer());
    const disconnected = nextEvent(socket, "disconnect");
    wire.send(`452-["hello",${placeholder}]`, attachment);
    wire.ws.close();
    expect((await disconnected)[0]).to.be("transport close");
  });
});

describe("isPacketValid() of the parser", () => {
  it("checks the packets of custom parsers [86]", () => {
    const valid = [
      { type: 0, nsp: "/" },
      { type: 0, nsp: "/chat", data: { token: "x" } },
      { type: 1, nsp: "/" },
      { type: 2, nsp: "/", id: 1, data: ["hello"] },
      { type: 2, nsp: "/", data: [1] },
      { type: 3, nsp: "/", id: 0, data: [] },
      { type: 4, nsp: "/", data: { message: "x" } },
    ];
    const notValid = [
      { type: 0, nsp: undefined },
      { type: 0, nsp: "/", data: "x" },
      { type: 1, nsp: "/", data: {} },
      { type: 2, nsp: "/", data: [] },
      { type: 2, nsp: "/", data: ["connect"] },
      { type: 2, nsp: "/", data: [{}] },
      { type: 2, nsp: "/", id: "1", data: ["hello"] },
      { type: 3, nsp: "/", data: {} },
      { type: 5, nsp: "/", data: ["hello"] },
      { type: 9, nsp: "/" },
    ];
    expect(valid.filter((packet) => !isPacketValid(packet as any))).to.eql([]);
    expect(notValid.filter((packet) => isPacketValid(packet as any))).to.eql([]);
  });
});
