import { createServer } from "node:http";
import { Server as Engine } from "engine.io";
import expect from "expect.js";
import { WebSocketServer } from "ws";
import { converse } from "../support/conversation";
import { fastPathServes, isFast, itOnFastPath } from "../support/fast-path";
import { heard, type Joined, joinWire } from "../support/joined";
import { ownSuite } from "../support/own-tests";
import { startServer } from "../support/server";
import { Server } from "../support/subject";
import { eventually, nextEvent, nextValue, turn } from "../support/waiting";
import { openWire, type Wire } from "../support/wire";

/** Events in both directions, which must arrive in order. */
async function exchange({ wire, socket }: Joined): Promise<void> {
  const seen: number[] = [];
  socket.on("up", (i: number) => seen.push(i));
  for (let i = 0; i < 5; i++) {
    wire.send(`42["up",${i}]`);
    socket.emit("down", i);
    socket.nsp.emit("down to all", i);
  }
  for (let i = 0; i < 5; i++) {
    expect(await wire.next()).to.be(`42["down",${i}]`);
    expect(await wire.next()).to.be(`42["down to all",${i}]`);
  }
  await heard({ wire, socket });
  expect(seen).to.eql([0, 1, 2, 3, 4]);
  socket.removeAllListeners("up");
}

ownSuite("io.fastPath", () => {
  const whereItMay = fastPathServes ? "true" : "false, being switched off";

  it(`is ${whereItMay} for a server that is attached to an HTTP server`, () => {
    const io = new Server(createServer());
    expect(io.fastPath).to.be(fastPathServes);
  });

  it(`is ${whereItMay} with an option for WebSocket messages`, () => {
    expect(new Server(createServer(), { perMessageDeflate: true }).fastPath).to.be(fastPathServes);
    expect(new Server(createServer(), { maxHttpBufferSize: 100 }).fastPath).to.be(fastPathServes);
  });

  it("is false before the server is attached", () => {
    const io = new Server();
    expect(io.fastPath).to.be(false);
    io.attach(createServer());
    expect(io.fastPath).to.be(fastPathServes);
  });

  it("is false with a custom wsEngine", () => {
    const io = new Server(createServer(), { wsEngine: WebSocketServer as any });
    expect(io.fastPath).to.be(false);
  });

  it("is false with an engine that was created elsewhere", () => {
    const io = new Server();
    io.bind(new Engine());
    expect(io.fastPath).to.be(false);
  });

  it("is read-only", () => {
    const io = new Server(createServer());
    expect(Reflect.set(io, "fastPath", !fastPathServes)).to.be(false);
    expect(io.fastPath).to.be(fastPathServes);
  });
});

describe("a connection of the fast path", () => {
  it("is a connection over WebSocket, from the start", async () => {
    const joined = await joinWire(await startServer());
    expect(isFast(joined.socket)).to.be(fastPathServes);
    await exchange(joined);
    expect(isFast(joined.socket)).to.be(fastPathServes);
  });

  it("is a connection over polling, after its upgrade", async () => {
    const { io, connect } = await startServer();
    const connected = nextValue(io, "connection");
    const upgraded = new Promise((resolve) =>
      io.engine.on("connection", (conn: any) => conn.on("upgrade", resolve)),
    );
    const client = connect("/", { transports: ["polling", "websocket"] });
    const socket = await connected;
    expect(isFast(socket)).to.be(false);
    await upgraded;
    expect(isFast(socket)).to.be(fastPathServes);
    await converse({ client, socket }, 20);
  });

  for (const [perMessageDeflate, isServed] of [
    [true, fastPathServes],
    [{ sharedCompression: false }, false],
    [{ zlibDeflateOptions: { level: 1, memLevel: 4 } }, fastPathServes],
    [{ zlibInflateOptions: { chunkSize: 1024 } }, fastPathServes],
    [{ zlibDeflateOptions: { dictionary: Buffer.from("hello") } }, false],
  ] as const) {
    it(`${isServed ? "is" : "is not"} a connection with permessage-deflate and ${JSON.stringify(perMessageDeflate)}`, async () => {
      const running = await startServer({ perMessageDeflate });
      const connected = nextValue(running.io, "connection");
      const client = { perMessageDeflate: isServed ? true : { ...(perMessageDeflate as object) } };
      const wire = await openWire(running.url, "EIO=4", client);
      await wire.join();
      const socket = await connected;
      expect(wire.ws.extensions).to.contain("permessage-deflate");
      expect(isFast(socket)).to.be(isServed);
      await exchange({ wire, socket });
    });
  }

  it("is a connection whose client does not accept the offered permessage-deflate", async () => {
    const running = await startServer({ perMessageDeflate: true });
    const connected = nextValue(running.io, "connection");
    const wire = await openWire(running.url, "EIO=4", { perMessageDeflate: false });
    await wire.join();
    const socket = await connected;
    expect(isFast(socket)).to.be(fastPathServes);
    await exchange({ wire, socket });
  });

  it("works beside a connection of protocol 3", async () => {
    const { io, url } = await startServer({ allowEIO3: true });
    const connected = nextValue(io, "connection");
    const wire = await openWire(url, "EIO=3");
    expect(await wire.next()).to.be("40");
    const socket = await connected;
    const beside = await joinWire({ io, url });
    expect(isFast(beside.socket)).to.be(fastPathServes);
    const down = ['42["down",1]', '42["down",2]', '42["down",3]'];
    for (const i of [1, 2, 3]) {
      io.emit("down", i);
    }
    for (const frame of down) {
      expect(await wire.next()).to.be(frame);
      expect(await beside.wire.next()).to.be(frame);
    }
    await exchange({ wire, socket });
  });
});

/** The frames and actions after which the library hands a connection over to ws permanently. */
const unusual: Record<string, (wire: Wire) => unknown> = {
  "a message in fragments"({ ws }) {
    ws.send('42["up', { fin: false });
    ws.send('per"', { fin: false });
    ws.send("]", { fin: true });
  },
  "binary data in fragments"({ ws }) {
    ws.send('451-["upper",{"_placeholder":true,"num":0}]');
    ws.send(Buffer.from("by"), { fin: false });
    ws.send(Buffer.from("tes"), { fin: true });
  },
  "a ping of WebSocket"({ ws }) {
    ws.ping("are you there");
    ws.send('42["upper"]');
  },
  "a pong of WebSocket"({ ws }) {
    ws.pong();
    ws.send('42["upper"]');
  },
};

describe("a connection that the fast path hands over", () => {
  for (const [what, send] of Object.entries(unusual)) {
    it(`continues in both directions, in order: at ${what} [83]`, async () => {
      const joined = await joinWire(await startServer());
      const { wire, socket } = joined;
      await exchange(joined);
      const order: string[] = [];
      socket.onAny((event: string) => order.push(event));
      const ponged = what.startsWith("a ping") ? nextEvent(wire.ws, "pong") : undefined;
      const tcp = (wire.ws as any)._socket;
      tcp.cork();
      wire.send('42["before"]');
      send(wire);
      wire.send('42["after"]');
      tcp.uncork();
      socket.emit("sent before");
      await eventually(() => order.length === 3);
      expect(order).to.eql(["before", "upper", "after"]);
      expect(isFast(socket)).to.be(false);
      socket.emit("sent after");
      expect(await wire.next()).to.be('42["sent before"]');
      expect(await wire.next()).to.be('42["sent after"]');
      expect(String((await ponged) ?? "are you there")).to.be("are you there");
      socket.offAny();
      await exchange(joined);
    });
  }

  it("has sent the data that was buffered until the end of the turn: a later ping of the server follows it [36]", async () => {
    const { wire, socket } = await joinWire(await startServer());
    const order: string[] = [];
    wire.ws.on("message", (data: Buffer) => order.push(String(data)));
    wire.ws.on("ping", () => order.push("ping"));
    await turn();
    socket.emit("before");
    (socket.conn.transport as any).socket.ping();
    socket.emit("after");
    await eventually(() => order.length === 3);
    expect(order).to.eql(['42["before"]', "ping", '42["after"]']);
    expect(isFast(socket)).to.be(false);
  });

  it("handles volatile events as before [60]", async () => {
    const joined = await joinWire(await startServer());
    const { wire, socket } = joined;
    wire.ws.ping();
    await nextEvent(wire.ws, "pong");
    socket.volatile.emit("one");
    socket.volatile.emit("dropped");
    await eventually(() => (socket.conn.transport as any).writable);
    socket.volatile.emit("two");
    expect(await wire.next()).to.be('42["one"]');
    expect(await wire.next()).to.be('42["two"]');
  });
});

describe("a listener for outgoing packets", () => {
  itOnFastPath(
    "takes a connection off the fast path while it is registered, and no longer [35]",
    async () => {
      const { io, url } = await startServer();
      const { wire, socket } = await joinWire({ io, url });
      const conn = socket.conn as any;
      let passed = 0;
      const { sendPacket } = conn;
      conn.sendPacket = (...args: unknown[]) => {
        passed++;
        return sendPacket.apply(conn, args);
      };
      const listener = () => {};
      const emitters = [
        ...["packetCreate", "flush", "drain"].map((event) => [conn, event]),
        ...["flush", "drain"].map((event) => [io.engine, event]),
      ];
      const passes = async (event: string) => {
        await turn();
        passed = 0;
        socket.emit(event);
        io.emit(event);
        expect(await wire.next()).to.be(`42["${event}"]`);
        expect(await wire.next()).to.be(`42["${event}"]`);
        return passed;
      };
      for (const [emitter, event] of emitters) {
        expect(await passes("before")).to.be(0);
        emitter.on(event, listener);
        expect(await passes("while")).to.be(2);
        emitter.removeListener(event, listener);
        expect(await passes("after")).to.be(0);
        emitter.once(event, listener);
        emitter.off(event, listener);
        emitter.prependListener(event, listener);
        emitter.removeAllListeners(event);
        expect(await passes("at last")).to.be(0);
      }
    },
  );
});
