/** Honest applications at the limits of the reference server: no guard that is enabled by default may affect them. */
import { connect, createServer, type Socket as NetSocket } from "node:net";
import expect from "expect.js";
import { onTestEnd } from "../support/cleanup";
import { stopClock } from "../support/clock";
import { joinPolling, joinWire } from "../support/joined";
import { type ClientSocket, connectClient, type Running, startServer } from "../support/server";
import { eventually, nextEvent, nextValue } from "../support/waiting";
import { openPolling, openWire } from "../support/wire";

const MEGABYTE = 1_000_000;

const TRANSPORTS = ["websocket", "polling"] as const;

/** A proxy that forwards a few kilobytes at a time to the server; returns its URL. */
async function slowLine({ port }: Running): Promise<string> {
  const line = createServer((client: NetSocket) => {
    const server = connect(port, "localhost");
    for (const end of [client, server]) {
      end.on("error", () => {});
      end.on("close", () => {
        client.destroy();
        server.destroy();
      });
    }
    server.pipe(client);
    client.on("data", (data) => {
      client.pause();
      const pass = (from: number) => {
        if (from < data.length) {
          server.write(data.subarray(from, from + 4_096), () => setImmediate(pass, from + 4_096));
        } else {
          client.resume();
        }
      };
      pass(0);
    });
  });
  line.listen(0);
  await nextEvent(line, "listening");
  onTestEnd(() => line.close());
  return `http://localhost:${(line.address() as { port: number }).port}`;
}

/** Resolves when the client receives an answer over its current connection. */
async function isServed(client: ClientSocket): Promise<void> {
  await client.timeout(5_000).emitWithAck("still there?");
  expect(client.connected).to.be(true);
}

async function startHonest(options = {}): Promise<Running> {
  const running = await startServer(options);
  running.io.on("connection", (socket) => socket.on("still there?", (answer) => answer()));
  return running;
}

describe("an honest application", () => {
  for (const transport of TRANSPORTS) {
    it(`sends 10 attachments of just under 1 MB over a slow line, over ${transport} [84]`, async () => {
      const running = await startHonest();
      const connected = nextValue(running.io, "connection");
      const client = connectClient(await slowLine(running), { transports: [transport] });
      const socket = await connected;
      const heard = nextEvent(socket, "files");
      // data is one third longer over polling
      const size = transport === "polling" ? 740_000 : MEGABYTE - 1;
      client.emit(
        "files",
        Array.from({ length: 10 }, (_, i) => Buffer.alloc(size, i)),
      );
      const [files] = await heard;
      expect(files.map((file: Buffer) => [file.length, file[0], file[size - 1]])).to.eql(
        Array.from({ length: 10 }, (_, i) => [size, i, i]),
      );
      await isServed(client);
    });
  }

  it("sends each attachment as slowly as the heartbeat allows [84]", async () => {
    const clock = stopClock();
    const { wire, socket } = await joinWire(await startServer());
    const heard = nextEvent(socket, "file");
    wire.send('452-["file",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]');
    for (const byte of [1, 2]) {
      // the stopped clock does not include the timers of the engine
      await eventually(() => clock.running > 0);
      clock.tick(44_000);
      const came = nextEvent(socket.conn, "data");
      wire.send(Buffer.from([byte]));
      await came;
    }
    expect(await heard).to.eql([Buffer.from([1]), Buffer.from([2])]);
  });

  it("has a client in 1,000 rooms [46]", async () => {
    const { io, pair } = await startHonest();
    const { client, socket } = await pair();
    const rooms = Array.from({ length: 1_000 }, (_, i) => `room ${i}`);
    await socket.join(rooms);
    let heard = 0;
    client.on("news", () => heard++);
    for (const room of rooms) {
      io.to(room).emit("news");
    }
    await eventually(() => heard === 1_000);
    expect(socket.rooms.size).to.be(1_001);
    await isServed(client);
  });

  it("has a client in 200 namespaces over one connection [11]", async () => {
    const { io, connect: connectTo } = await startHonest();
    io.of(/^\/tenant-\d+$/).on("connection", (socket) => socket.emit("welcome", socket.nsp.name));
    const main = connectTo();
    const names = Array.from({ length: 200 }, (_, i) => `/tenant-${i}`);
    const welcomed = names.map((name) => nextValue(main.io.socket(name), "welcome"));
    expect(await Promise.all(welcomed)).to.eql(names);
    expect(io.engine.clientsCount).to.be(1);
    await isServed(main);
  });

  for (const transport of TRANSPORTS) {
    it(`sends a burst of 20,000 events over ${transport} [38]`, async () => {
      const { pair } = await startHonest();
      const { client, socket } = await pair("/", { transports: [transport] });
      const numbers: number[] = [];
      socket.on("n", (n) => numbers.push(n));
      for (let i = 0; i < 20_000; i++) {
        client.emit("n", i);
      }
      await eventually(() => numbers.length === 20_000);
      expect(numbers.every((n, i) => n === i)).to.be(true);
      await isServed(client);
    });

    it(`sends 20,000 events that it has buffered while offline, over ${transport} [38]`, async () => {
      const { io, connect: connectTo } = await startHonest();
      const numbers: number[] = [];
      io.on("connection", (socket) => socket.on("n", (n) => numbers.push(n)));
      const client = connectTo("/", { transports: [transport], autoConnect: false });
      for (let i = 0; i < 20_000; i++) {
        client.emit("n", i);
      }
      client.connect();
      await eventually(() => numbers.length === 20_000);
      expect(numbers.every((n, i) => n === i)).to.be(true);
      await isServed(client);
    });
  }

  it("sends as many packets in one request as maxHttpBufferSize allows [38]", async () => {
    const running = await startHonest();
    const { polling, socket } = await joinPolling(running);
    let heard = 0;
    socket.on("a", () => heard++);
    const most = MEGABYTE / '42["a"]\x1e'.length;
    const { status } = await polling.post(Array(most).fill('42["a"]').join("\x1e"));
    await eventually(() => heard === most);
    expect(status).to.be(200);
    await polling.post('42["a"]');
    await eventually(() => heard === most + 1);
  });

  it("has 500 clients behind one address, which connect together [1]", async () => {
    const { io, url } = await startHonest();
    const wires = await Promise.all(
      Array.from({ length: 500 }, (_, i) => (i % 2 === 0 ? openWire(url) : openPolling(url))),
    );
    const answers = await Promise.all(wires.map((wire) => wire.join()));
    expect(answers.every((answer) => String(answer).startsWith('40{"sid"'))).to.be(true);
    expect(io.of("/").sockets.size).to.be(500);
  });

  for (const size of [MEGABYTE - 1, MEGABYTE]) {
    it(`sends a message of ${size} bytes, as text and as bytes, over a WebSocket [84]`, async () => {
      const { wire, socket } = await joinWire(await startHonest());
      const text = nextEvent(socket, "text");
      wire.send(`42["text","${"x".repeat(size - '42["text",""]'.length)}"]`);
      expect((await text)[0]).to.have.length(size - '42["text",""]'.length);
      const bytes = nextEvent(socket, "bytes");
      wire.send('451-["bytes",{"_placeholder":true,"num":0}]', Buffer.alloc(size));
      expect((await bytes)[0]).to.have.length(size);
    });

    it(`sends a request of ${size} bytes over long-polling [84]`, async () => {
      const { polling, socket } = await joinPolling(await startHonest());
      const text = nextEvent(socket, "text");
      const { status } = await polling.post(`42["text","${"x".repeat(size - '42["text",""]'.length)}"]`);
      expect((await text)[0]).to.have.length(size - '42["text",""]'.length);
      expect(status).to.be(200);
    });
  }

  it("sends JSON of 1,000 nested arrays, and receives it back [84]", async () => {
    const { pair } = await startHonest();
    const { client, socket } = await pair();
    socket.on("deep", (value, answer) => answer(value));
    // the array of arguments is the first level
    const deep = JSON.parse(`${"[".repeat(999)}${"]".repeat(999)}`);
    expect(JSON.stringify(await client.emitWithAck("deep", deep))).to.be(JSON.stringify(deep));
    await isServed(client);
  });

  it("sends an event with 9,999 arguments, and receives them back [38]", async () => {
    const { pair } = await startHonest();
    const { client, socket } = await pair();
    socket.on("many", (...args) => socket.emit("many", ...args));
    const back = nextEvent(client, "many");
    client.emit("many", ...Array.from({ length: 9_999 }, (_, i) => i));
    expect(await back).to.have.length(9_999);
    await isServed(client);
  });

  it("has clients that retry unacknowledged events, in order and once [38]", async () => {
    const { io, connect: connectTo } = await startHonest();
    const heard: number[] = [];
    io.on("connection", (socket) => {
      socket.on("n", (n, answer) => {
        if (n === 2 && !heard.includes(2)) {
          heard.push(n);
          // the acknowledgement is lost with the connection
          socket.conn.close();
          return;
        }
        heard.push(n);
        answer();
      });
    });
    const client = connectTo("/", { retries: 3, ackTimeout: 5_000, reconnectionDelay: 1 });
    const done = Promise.all([1, 2, 3].map((n) => client.emitWithAck("n", n)));
    await done;
    expect(heard).to.eql([1, 2, 2, 3]);
    await isServed(client);
  });

  it("sends CONNECT again while the middleware for its first CONNECT is pending [11]", async () => {
    const { io, connect: connectTo } = await startHonest();
    let bothAreHere = () => {};
    const both = new Promise<void>((resolve) => {
      bothAreHere = resolve;
    });
    io.of("/chat").use((_socket, next) => both.then(() => next()));
    const main = connectTo();
    await nextEvent(main, "connect");
    let cuts = 0;
    main.on("disconnect", () => cuts++);
    const chat = main.io.socket("/chat");
    chat.connect();
    // arrives after the two requests
    await isServed(main);
    bothAreHere();
    await nextEvent(chat, "connect");
    await isServed(main);
    expect([io.engine.clientsCount, cuts]).to.eql([1, 0]);
  });

  it("is mounted twice: it disconnects while its middleware is pending, and connects again [11]", async () => {
    const { io, connect: connectTo } = await startHonest();
    const waiting: (() => void)[] = [];
    io.of("/chat").use((_socket, next) => waiting.push(next));
    io.of("/chat").on("connection", (socket) => socket.on("still there?", (answer) => answer()));
    const main = connectTo();
    await nextEvent(main, "connect");
    const chat = main.io.socket("/chat");
    await eventually(() => waiting.length === 1);
    chat.disconnect();
    const entered = nextEvent(chat, "connect");
    chat.connect();
    await isServed(main);
    waiting.shift()?.();
    await Promise.race([entered, eventually(() => waiting.length > 0).then(() => waiting.shift()?.())]);
    await entered;
    await isServed(chat);
    await isServed(main);
  });
});
