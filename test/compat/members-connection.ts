import { createServer as createTcpServer, type Socket as TcpSocket } from "node:net";
import { Duplex } from "node:stream";
import expect from "expect.js";
import { onTestEnd } from "../support/cleanup";
import { stopClock } from "../support/clock";
import { connectMember, settled } from "../support/members";
import { connectClient, startServer } from "../support/server";
import { eventually, nextEvent, nextValue } from "../support/waiting";

describe("the Engine.IO connection, as tools watch it", () => {
  it("has an id, a protocol, a request, a state and a transport [36]", async () => {
    const { client, socket } = await connectMember(await startServer());
    const { conn }: { conn: any } = socket;
    expect(conn.id).to.be((client.io.engine as any).id);
    expect(conn.protocol).to.be(4);
    expect(conn.request.headers.host).to.be.a("string");
    expect(conn.readyState).to.be("open");
    expect(conn.transport.name).to.be("websocket");
    await eventually(() => conn.transport.writable === true);
    expect(conn.remoteAddress).to.match(/127\.0\.0\.1|::1/);
    expect(socket.handshake.address).to.be(conn.remoteAddress);
  });

  it("sends messages with write(), which reach the client unchanged [36]", async () => {
    const { client, socket } = await connectMember(await startServer());
    const came = nextEvent(client, "hello");
    socket.conn.write('2["hello",1]', { compress: false });
    expect(await came).to.eql([1]);
  });

  it("close() closes it, and disconnects each socket [36, 53]", async () => {
    const { client, socket } = await connectMember(await startServer());
    const closed = nextEvent(socket.conn as any, "close");
    const gone = nextEvent(socket, "disconnect");
    const told = nextEvent(client, "disconnect");
    socket.conn.close();
    expect((await closed)[0]).to.be("forced close");
    expect((await gone)[0]).to.be("forced close");
    expect((await told)[0]).to.be("transport close");
    expect(socket.conn.readyState).to.be("closed");
  });

  it("emits packetCreate for outgoing packets, with the frame of a broadcast [35, 71]", async () => {
    const running = await startServer();
    const member = await connectMember(running);
    const packets: any[] = [];
    member.socket.conn.on("packetCreate" as any, (packet: any) => packets.push(packet));
    running.io.emit("broadcast");
    member.socket.emit("single");
    running.io.emit("binary", Buffer.from([1]));
    await settled(member);
    const [broadcast, single, binary, attachment] = packets.filter(({ type }) => type === "message");
    expect(broadcast.data).to.be('2["broadcast"]');
    expect(broadcast.options.wsPreEncodedFrame).to.be.an("array");
    expect(broadcast.options.wsPreEncodedFrame).to.have.length(2);
    expect(single.data).to.be('2["single"]');
    expect(single.options.wsPreEncodedFrame).to.be(undefined);
    expect(binary.data).to.match(/^51-/);
    expect(attachment.data).to.eql(Buffer.from([1]));
  });

  it("emits packet for incoming packets, both with their types [35]", async () => {
    const clock = stopClock({ engine: true });
    const running = await startServer({ pingInterval: 15 });
    const opened = nextValue(running.io.engine, "connection");
    const client = running.connect("/", { transports: ["websocket"] });
    const raw = await opened;
    const incoming: string[] = [];
    const outgoing: string[] = [];
    raw.on("packet", ({ type }: any) => incoming.push(type));
    raw.on("packetCreate", ({ type }: any) => outgoing.push(type));
    await nextEvent(client, "connect");
    const beat = nextEvent(raw, "heartbeat");
    clock.tick(15);
    await beat;
    expect(incoming).to.eql(["message", "pong"]);
    expect(outgoing).to.contain("ping");
    expect(outgoing).to.contain("message");
  });

  it("emits upgrade and close [35, 39]", async () => {
    const running = await startServer();
    const { client, socket } = await running.pair();
    if (socket.conn.transport.name === "polling") {
      await nextEvent(socket.conn as any, "upgrade");
    }
    expect(socket.conn.transport.name).to.be("websocket");
    const closed = nextEvent(socket.conn as any, "close");
    client.io.engine.close();
    expect((await closed)[0]).to.be("transport close");
  });

  it("upgrade has the new transport [35, 39]", async () => {
    const running = await startServer();
    const upgraded = new Promise<string>((resolve) => {
      running.io.engine.on("connection", (raw: any) => {
        raw.on("upgrade", (transport: any) => resolve(transport.name));
      });
    });
    await running.pair();
    expect(await upgraded).to.be("websocket");
  });
});

describe("connections that another process has accepted, as sticky sessions pass them on", () => {
  /** Data that arrives at the returned port reaches the server over a stream that is not a net.Socket. */
  async function startInjecting() {
    const running = await startServer();
    const sockets = new Set<TcpSocket>();
    const front = createTcpServer((socket) => {
      sockets.add(socket);
      const carried = new Duplex({
        read() {
          socket.resume();
        },
        write(chunk, _encoding, callback) {
          socket.write(chunk, callback);
        },
        final(callback) {
          socket.end(callback);
        },
        destroy(error, callback) {
          socket.destroy();
          callback(error);
        },
      });
      socket.on("data", (chunk) => {
        if (!carried.push(chunk)) {
          socket.pause();
        }
      });
      socket.on("end", () => carried.push(null));
      socket.on("close", () => carried.destroy());
      socket.on("error", () => {});
      running.httpServer.emit("connection", carried);
    });
    front.listen(0);
    await nextEvent(front, "listening");
    onTestEnd(() => {
      front.close();
      for (const socket of sockets) {
        socket.destroy();
      }
    });
    const { port } = front.address() as { port: number };
    return { ...running, url: `http://localhost:${port}` };
  }

  for (const transports of [["polling"], ["websocket"], ["polling", "websocket"]]) {
    it(`are served over ${transports.join(" and ")} [7, 36]`, async () => {
      const running = await startInjecting();
      const connected = nextValue(running.io, "connection");
      const client = connectClient(running.url, { transports });
      const socket = await connected;
      socket.on("question", (value: number, ack: (answer: number) => void) => ack(value + 1));
      expect(socket.handshake.address).to.be(undefined);
      expect(await client.emitWithAck("question", 1)).to.be(2);
      if (transports.length === 2 && socket.conn.transport.name === "polling") {
        await nextEvent(socket.conn, "upgrade");
      }
      const came = nextEvent(client, "hello");
      running.io.emit("hello", Buffer.from([1]), "x".repeat(70_000));
      const [binary, text] = await came;
      expect([...binary]).to.eql([1]);
      expect(text).to.have.length(70_000);
      const gone = nextEvent(socket, "disconnect");
      client.disconnect();
      expect((await gone)[0]).to.be("client namespace disconnect");
    });
  }
});
