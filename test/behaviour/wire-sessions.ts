// The sessions and packets that the protocol documents show as examples: Engine.IO protocol 4, Socket.IO protocol 5.
import expect from "expect.js";
import { ask } from "../support/http";
import { startServer } from "../support/server";
import { nextEvent, nextEvents, nextValue } from "../support/waiting";
import { connectWire, type Frame, openPolling, openWire } from "../support/wire";

describe("the sample session of the Socket.IO protocol", () => {
  it("includes polling, the upgrade, an acknowledgement with binary data and the end [83, 87]", async () => {
    const { io, url } = await startServer();
    io.of("/admin").on("connection", (socket) => {
      socket.on("tellme", (answer: (data: Buffer) => void) => answer(Buffer.from([1, 2, 3])));
    });
    const connected = nextValue(io, "connection");
    const path = `${url}/socket.io/?EIO=4&transport=polling&t=N8hyd6w`;

    const opened = await ask(path);
    expect([opened.status, opened.headers["content-type"]]).to.eql([200, "text/plain; charset=UTF-8"]);
    const { sid, ...rest } = JSON.parse(opened.text.slice(1));
    expect(rest).to.eql({
      upgrades: ["websocket"],
      pingInterval: 25000,
      pingTimeout: 20000,
      maxPayload: 1000000,
    });
    const session = `${path}&sid=${sid}`;
    const post = (body: string) => ask(session, { method: "POST", body });

    expect((await post("40")).text).to.be("ok");
    const socket = await connected;
    expect((await ask(session)).text).to.be(`40{"sid":"${socket.id}"}`);
    socket.emit("hey", "Jude");
    expect((await ask(session)).text).to.be('42["hey","Jude"]');
    const heard: unknown[][] = [];
    socket.onAny((...event: unknown[]) => heard.push(event));
    expect((await post('42["hello"]\x1e42["world"]')).text).to.be("ok");
    expect(heard).to.eql([["hello"], ["world"]]);

    const ws = await connectWire(url, `EIO=4&sid=${sid}`);
    ws.send("2probe");
    expect(await ws.next()).to.be("3probe");
    const events = Promise.all([nextEvent(socket, "hello"), nextEvent(socket, "world")]);
    ws.send("5", '42["hello"]', '42["world"]', "40/admin,");
    await events;
    expect(await ws.next()).to.match(/^40\/admin,\{"sid":"[\w-]{20}"\}$/);
    ws.send('42/admin,1["tellme"]');
    expect(await ws.next()).to.be('461-/admin,1[{"_placeholder":true,"num":0}]');
    expect(await ws.next()).to.eql(Buffer.from([1, 2, 3]));

    const gone = nextEvent(socket, "disconnect");
    ws.ws.close();
    expect((await gone)[0]).to.be("transport close");
  });
});

const bytes = Buffer.from([1, 2, 3, 4]);

describe("the sample packets of the Socket.IO protocol", () => {
  interface Sent {
    namespace?: string;
    does(socket: any): void;
    gives: Frame[];
  }
  const sent: Record<string, Sent> = {
    "an event": { does: (socket) => socket.emit("foo"), gives: ['42["foo"]'] },
    "an event of a namespace": {
      namespace: "/admin",
      does: (socket) => socket.emit("bar"),
      gives: ['42/admin,["bar"]'],
    },
    "an event with binary": {
      does: (socket) => socket.emit("baz", bytes),
      gives: ['451-["baz",{"_placeholder":true,"num":0}]', bytes],
    },
    "an event of a namespace with two attachments": {
      namespace: "/admin",
      does: (socket) => socket.emit("baz", Buffer.from([1, 2]), Buffer.from([3, 4])),
      gives: [
        '452-/admin,["baz",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]',
        Buffer.from([1, 2]),
        Buffer.from([3, 4]),
      ],
    },
    "an event with an acknowledgement": {
      does(socket) {
        socket.nsp._ids = 12;
        socket.emit("foo", () => {});
      },
      gives: ['4212["foo"]'],
    },
    "the disconnection from a namespace": {
      namespace: "/admin",
      does: (socket) => socket.disconnect(),
      gives: ["41/admin,"],
    },
    "the disconnection from the main namespace": { does: (socket) => socket.disconnect(), gives: ["41"] },
  };
  for (const [name, { namespace = "/", does, gives }] of Object.entries(sent)) {
    it(`${name} is sent as ${gives[0]} [83, 87]`, async () => {
      const { io, url } = await startServer();
      const connected = nextValue(io.of(namespace), "connection");
      const wire = await openWire(url);
      await wire.join(namespace);
      does(await connected);
      for (const frame of gives) {
        expect(await wire.next()).to.eql(frame);
      }
    });
  }

  interface Asked {
    namespace?: string;
    sends: Frame[];
    answers: unknown[];
    gives: Frame[];
  }
  const asked: Record<string, Asked> = {
    "an acknowledgement": { sends: ['4212["foo"]'], answers: ["bar"], gives: ['4312["bar"]'] },
    "an acknowledgement in a namespace": {
      namespace: "/admin",
      sends: ['42/admin,13["foo"]'],
      answers: ["bar"],
      gives: ['43/admin,13["bar"]'],
    },
    "an acknowledgement of a binary event": {
      sends: ['451-14["foo",{"_placeholder":true,"num":0}]', bytes],
      answers: ["bar"],
      gives: ['4314["bar"]'],
    },
    "a binary acknowledgement": {
      sends: ['4215["foo"]'],
      answers: ["bar", bytes],
      gives: ['461-15["bar",{"_placeholder":true,"num":0}]', bytes],
    },
  };
  for (const [name, { namespace = "/", sends, answers, gives }] of Object.entries(asked)) {
    it(`${name} is sent as ${gives[0]} [83, 87]`, async () => {
      const { io, url } = await startServer();
      io.of(namespace).on("connection", (socket) => {
        socket.on("foo", (...args: any[]) => args.pop()(...answers));
      });
      const wire = await openWire(url);
      await wire.join(namespace);
      wire.send(...sends);
      for (const frame of gives) {
        expect(await wire.next()).to.eql(frame);
      }
    });
  }

  it('a refusal is sent as 44{"message":"Not authorized"} [83, 87]', async () => {
    const { io, url } = await startServer();
    io.use((_socket, next) => next(new Error("Not authorized")));
    const wire = await openWire(url);
    expect(await wire.join()).to.be('44{"message":"Not authorized"}');
  });
});

describe("the sample packets of the Engine.IO protocol", () => {
  it("share a payload over polling, including binary data as base64 [83, 87]", async () => {
    const { io, url } = await startServer();
    const connected = nextValue(io.engine, "connection");
    const wire = await openPolling(url);
    const conn = await connected;
    conn.send("hello");
    conn.send(bytes);
    conn.send("world");
    expect((await ask(wire.address)).text).to.be("4hello\x1ebAQIDBA==\x1e4world");
    // a packet that is not valid in Socket.IO would close the connection
    conn.removeAllListeners("data");
    const heard = nextEvents(conn, "message", 3);
    await wire.post("4hello", "bAQIDBA==", "4world");
    expect(await heard).to.eql([["hello"], [bytes], ["world"]]);
  });

  it("have a frame each over WebSocket, binary data unchanged [83, 87]", async () => {
    const { io, url } = await startServer();
    const connected = nextValue(io.engine, "connection");
    const wire = await openWire(url);
    const conn = await connected;
    conn.send("hello");
    conn.send(bytes);
    expect([await wire.next(), await wire.next()]).to.eql(["4hello", bytes]);
    conn.removeAllListeners("data");
    const heard = nextEvents(conn, "message", 2);
    wire.send("4hello", bytes);
    expect(await heard).to.eql([["hello"], [bytes]]);
  });
});
