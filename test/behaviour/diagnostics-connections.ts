import expect from "expect.js";
import { listenTo, recordPlain, recordTracing } from "../support/channels";
import { heard, joinPolling, joinWire } from "../support/joined";
import { ownSuite } from "../support/own-tests";
import { startServer } from "../support/server";
import { stall } from "../support/slow-reader";
import { Server } from "../support/subject";
import { eventually, nextEvent } from "../support/waiting";
import { connectWire, openPolling, openWire } from "../support/wire";

ownSuite("the channel socket.io:disconnect", () => {
  it("publishes the reason, the transport and the duration, before the disconnect handlers run", async () => {
    const running = await startServer();
    const messages = recordPlain("socket.io:disconnect");
    const { socket, wire } = await joinWire(running);
    let published = 0;
    socket.on("disconnect", () => {
      published = messages.length;
    });
    wire.ws.close();
    await eventually(() => published === 1);
    const [{ durationMs, ...message }] = messages;
    expect(message.socket).to.be(socket);
    expect(message.nsp).to.be(running.io.sockets);
    expect(message.reason).to.be("transport close");
    expect(message.transport).to.be("websocket");
    expect(durationMs).to.be.within(0, 60_000);
  });

  it("is published once for each socket", async () => {
    const running = await startServer();
    const messages = recordPlain("socket.io:disconnect");
    const { socket } = await joinWire(running);
    socket.disconnect();
    socket.disconnect(true);
    expect(messages.map(({ reason }) => reason)).to.eql(["server namespace disconnect"]);
  });
});

ownSuite("the channels socket.io:connection-open and socket.io:connection-close", () => {
  it("publish each connection once, with its transport, reason and duration", async () => {
    const running = await startServer();
    const opened = recordPlain("socket.io:connection-open");
    const closed = recordPlain("socket.io:connection-close");
    const { socket, wire } = await joinWire(running);
    expect(opened).to.eql([{ server: running.io, conn: socket.conn, transport: "websocket" }]);
    expect(closed).to.eql([]);
    wire.ws.close();
    await eventually(() => closed.length > 0);
    await wire.closed;
    expect(closed).to.have.length(1);
    const [{ durationMs, ...message }] = closed;
    expect(message.server).to.be(running.io);
    expect(message.conn).to.be(socket.conn);
    expect([message.transport, message.reason]).to.eql(["websocket", "transport close"]);
    expect(durationMs).to.be.within(0, 60_000);
  });

  it("publish a connection that the server closes once", async () => {
    const running = await startServer();
    const closed = recordPlain("socket.io:connection-close");
    const { socket, wire } = await joinWire(running);
    socket.disconnect(true);
    await wire.closed;
    expect(closed).to.have.length(1);
    expect(closed[0].reason).to.match(/^forced (server )?close$/);
  });

  it("publish connections without a socket, and those of long-polling", async () => {
    const running = await startServer();
    const opened = recordPlain("socket.io:connection-open");
    const closed = recordPlain("socket.io:connection-close");
    const wire = await openWire(running.url);
    const { socket } = await joinPolling(running);
    expect(opened.map(({ transport }) => transport)).to.eql(["websocket", "polling"]);
    wire.ws.close();
    socket.disconnect(true);
    await eventually(() => closed.length === 2);
    expect(closed.map(({ transport }) => transport).sort()).to.eql(["polling", "websocket"]);
  });

  it("publish no duration for a connection that was opened before they had a subscriber", async () => {
    const running = await startServer();
    const { wire } = await joinWire(running);
    const closed = recordPlain("socket.io:connection-close");
    wire.ws.close();
    await eventually(() => closed.length === 1);
    expect(closed[0].durationMs).to.be(undefined);
  });
});

ownSuite("the channel socket.io:upgrade", () => {
  it("publishes the change of the transport", async () => {
    const running = await startServer();
    const messages = recordPlain("socket.io:upgrade");
    const polling = await openPolling(running.url);
    const ws = await connectWire(running.url, `EIO=4&sid=${polling.opened.sid}`);
    ws.send("2probe");
    await ws.next();
    ws.send("5");
    await eventually(() => messages.length === 1);
    const [{ server, conn, from, to }] = messages;
    expect(server).to.be(running.io);
    expect((conn as any).id).to.be(polling.opened.sid);
    expect([from, to]).to.eql(["polling", "websocket"]);
  });
});

ownSuite("the channel socket.io:packet", () => {
  it("publishes the bytes of each packet in both directions, attachments included", async () => {
    const running = await startServer();
    const joined = await joinWire(running);
    const { socket, wire } = joined;
    await heard(joined);
    const messages = recordPlain("socket.io:packet");
    const sizes = (direction: string) =>
      messages.filter((message) => message.direction === direction).map(({ bytes }) => bytes);
    socket.emit("é");
    socket.emit("binary", Buffer.alloc(100));
    for (let i = 0; i < 3; i++) {
      await wire.next();
    }
    expect(sizes("out")).to.eql([
      Buffer.byteLength('2["é"]'),
      '51-["binary",{"_placeholder":true,"num":0}]'.length,
      100,
    ]);
    expect(messages[0].conn).to.be(socket.conn);
    expect(messages[0].receivers).to.be(1);
    const came = nextEvent(socket, "binary");
    wire.send('42["ü"]', '451-["binary",{"_placeholder":true,"num":0}]', Buffer.alloc(50));
    await came;
    expect(sizes("in")).to.eql([
      Buffer.byteLength('2["ü"]'),
      '51-["binary",{"_placeholder":true,"num":0}]'.length,
      50,
    ]);
  });

  it("publishes a broadcast for each receiver, long texts included", async () => {
    const running = await startServer();
    await joinWire(running);
    await joinWire(running);
    const messages = recordPlain("socket.io:packet");
    running.io.emit("long", "é".repeat(2_000));
    expect(messages.map(({ bytes }) => bytes)).to.eql([4_012, 4_012]);
  });

  it("publishes nothing for a volatile event that is dropped, and nothing after the end", async () => {
    const joined = await joinWire(await startServer());
    await stall(joined);
    const messages = recordPlain("socket.io:packet");
    joined.socket.volatile.emit("dropped");
    expect(messages).to.eql([]);
    joined.socket.disconnect(true);
    messages.length = 0;
    joined.socket.emit("late");
    expect(messages).to.eql([]);
  });

  it("publishes packets of long-polling", async () => {
    const running = await startServer();
    const messages = recordPlain("socket.io:packet");
    const { socket } = await joinPolling(running);
    expect(messages.map(({ direction }) => direction)).to.eql(["in", "out"]);
    expect(messages[0].conn).to.be(socket.conn);
  });
});

ownSuite("the channel socket.io:server", () => {
  it("publishes each new server", () => {
    const messages = recordPlain("socket.io:server");
    const io = new Server();
    expect(messages).to.eql([{ server: io }]);
  });
});

ownSuite("the channel socket.io:slow-consumer", () => {
  it("publishes a client that is disconnected because it does not read", async () => {
    const running = await startServer({ slowConsumer: { maxBufferedBytes: 1_000_000 } });
    const messages = recordPlain("socket.io:slow-consumer");
    const joined = await joinWire(running);
    const { socket } = joined;
    await stall(joined);
    while (messages.length === 0) {
      socket.emit("more", "x".repeat(100_000));
    }
    const [{ conn, action, dropped, bufferedBytes, maxBufferedBytes, ...message }] = messages;
    expect(conn).to.be(socket.conn);
    expect(message.socket).to.be(socket);
    expect(message.nsp).to.be(socket.nsp);
    expect([action, dropped, maxBufferedBytes]).to.eql(["disconnect", 0, 1_000_000]);
    expect(bufferedBytes).to.be.above(1_000_000);
    await nextEvent(socket, "disconnect");
  });

  it("publishes each dropped event", async () => {
    const slowConsumer = { maxBufferedBytes: 1_000_000, policy: () => "drop" as const };
    const running = await startServer({ slowConsumer });
    const messages = recordPlain("socket.io:slow-consumer");
    const joined = await joinWire(running);
    await stall(joined);
    joined.socket.emit("large", "x".repeat(1_000_000));
    joined.socket.emit("large", "x".repeat(1_000_000));
    expect(messages.map(({ action, dropped }) => [action, dropped])).to.eql([
      ["drop", 1],
      ["drop", 1],
    ]);
    expect(joined.socket.connected).to.be(true);
  });
});

ownSuite("the tracing channel socket.io:drain", () => {
  it("publishes the connections at the beginning, and how many are closed, during the drain too", async () => {
    const running = await startServer();
    const joined = [await joinWire(running), await joinWire(running), await joinWire(running)];
    const { stages, messages } = recordTracing("socket.io:drain");
    const progress: number[] = [];
    listenTo("socket.io:disconnect", () => progress.push(messages[0].report.disconnected));
    const report = await running.io.close({ drain: { batchSize: 1, intervalMs: 1, timeoutMs: 60_000 } });
    expect(stages).to.eql(["start", "end", "asyncStart", "asyncEnd"]);
    const [message] = messages;
    expect(message.server).to.be(running.io);
    expect(message.connections).to.be(3);
    expect(message.options).to.eql({ batchSize: 1, intervalMs: 1, timeoutMs: 60_000 });
    expect(message.report.disconnected).to.be(report.disconnected);
    expect([message.report.cut, message.report.pendingAcks]).to.eql([0, 0]);
    expect(progress).to.eql([1, 2, 3]);
    for (const { wire } of joined) {
      await wire.closed;
    }
  });
});
