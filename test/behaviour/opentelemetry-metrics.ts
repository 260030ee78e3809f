import expect from "expect.js";
import { startCluster } from "../support/cluster";
import { joinWire } from "../support/joined";
import { ownSuite } from "../support/own-tests";
import { connectRecoverable } from "../support/recoverable-client";
import { startServer } from "../support/server";
import { stall } from "../support/slow-reader";
import { startTelemetry } from "../support/telemetry";
import { eventually, nextEvent } from "../support/waiting";

const websocket = { "socketio.transport": "websocket" };
const polling = { "socketio.transport": "polling" };
const inMain = { "socketio.namespace": "/" };

ownSuite("the metrics of socket.io/opentelemetry", () => {
  it("count the open connections by transport, and the sockets by namespace", async () => {
    const telemetry = startTelemetry();
    const { pair, connect, io } = await startServer();
    const near = await pair("/", { transports: ["websocket"] });
    await pair("/chat", { transports: ["polling"] });
    const connections = "socketio.server.active_connections";
    expect(await telemetry.sum(connections, websocket)).to.be(1);
    expect(await telemetry.sum(connections, polling)).to.be(1);
    expect(await telemetry.sum("socketio.server.sockets", inMain)).to.be(1);
    expect(await telemetry.sum("socketio.server.sockets", { "socketio.namespace": "/chat" })).to.be(1);
    near.client.disconnect();
    await nextEvent(near.socket, "disconnect");
    await eventually(async () => (await telemetry.sum(connections, websocket)) === 0);
    expect(await telemetry.sum("socketio.server.sockets", inMain)).to.be(0);

    await nextEvent(connect("/", { transports: ["polling", "websocket"] }).io.engine, "upgrade");
    await eventually(async () => (await telemetry.sum(connections, websocket)) === 1);
    expect(await telemetry.sum(connections, polling)).to.be(1);
    const upgraded = { "socketio.transport": "polling", "socketio.upgrade.transport": "websocket" };
    expect(await telemetry.sum("socketio.server.upgrades", upgraded)).to.be(1);
    io.close();
  });

  it("measure how long connections lasted, by transport and reason", async () => {
    const telemetry = startTelemetry();
    const { pair } = await startServer();
    const { client } = await pair("/", { transports: ["websocket"] });
    client.io.engine.close();
    const name = "socketio.server.connection.duration";
    await eventually(() => telemetry.measured(name));
    const measured = await telemetry.measured(name);
    expect(measured?.attributes).to.eql({ ...websocket, "socketio.reason": "transport close" });
    expect(measured?.count).to.be(1);
    expect(measured?.sum).to.be.within(0, 60);
  });

  it("count events by direction, namespace and name", async () => {
    const telemetry = startTelemetry();
    const { io, pair } = await startServer();
    const { client, socket } = await pair();
    socket.on("order", (callback) => {
      socket.emit("ordered");
      callback();
    });
    await client.emitWithAck("order");
    await client.emitWithAck("order");
    io.to("room").emit("news");
    const events = (direction: string, event: string) =>
      telemetry.sum("socketio.server.events", {
        "network.io.direction": direction,
        "socketio.namespace": "/",
        "socketio.event": event,
      });
    expect(await events("receive", "order")).to.be(2);
    expect(await events("transmit", "ordered")).to.be(2);
    expect(await events("transmit", "news")).to.be(1);
  });

  it("measure the handlers and the acknowledgements, with the type of the error", async () => {
    const telemetry = startTelemetry();
    const { pair } = await startServer({ onHandlerError: () => {} });
    const { client, socket } = await pair();
    socket.on("order", async (callback) => callback());
    socket.on("fail", () => {
      throw new RangeError("too many");
    });
    client.on("question", (callback) => callback());
    await client.emitWithAck("order");
    client.emit("fail");
    await socket.emitWithAck("question");
    await socket
      .timeout(1)
      .emitWithAck("unanswered")
      .catch(() => {});
    const handled = await telemetry.points("socketio.server.event.duration");
    expect(handled.map(({ attributes }) => attributes)).to.eql([
      { ...inMain, "socketio.event": "order" },
      { ...inMain, "socketio.event": "fail", "error.type": "RangeError" },
    ]);
    const errors = { ...inMain, "socketio.handler.kind": "event", "error.type": "RangeError" };
    expect(await telemetry.sum("socketio.server.handler_errors", errors)).to.be(1);
    const answered = await telemetry.points("socketio.server.ack.duration");
    expect(answered.map(({ attributes }) => attributes["socketio.event"])).to.eql(["question", "unanswered"]);
    expect(answered[0]?.attributes).not.to.have.property("error.type");
    expect(answered[1]?.attributes).to.have.property("error.type");
  });

  it("count broadcasts and their receivers", async () => {
    const telemetry = startTelemetry();
    const { io, pair } = await startServer();
    const members = [await pair(), await pair(), await pair()];
    const received = members.map(({ client }) => nextEvent(client, "news"));
    io.emit("news");
    await Promise.all(received);
    expect(await telemetry.sum("socketio.server.broadcasts", { ...inMain, "socketio.event": "news" })).to.be(
      1,
    );
    expect((await telemetry.measured("socketio.server.broadcast.receivers"))?.sum).to.be(3);
  });

  it("count the receivers of a broadcast on this server, also in a cluster", async () => {
    const telemetry = startTelemetry();
    const { nodes } = await startCluster(2);
    const members = await Promise.all(nodes.map(({ pair }) => pair()));
    const received = members.map(({ client }) => nextEvent(client, "news"));
    nodes[0]?.io.emit("news");
    await Promise.all(received);
    const measured = await telemetry.measured("socketio.server.broadcast.receivers");
    expect([measured?.count, measured?.sum]).to.eql([1, 1]);
  });

  it("count the bytes of packets in both directions, for broadcasts times their receivers", async () => {
    const telemetry = startTelemetry();
    const running = await startServer();
    const joined = await Promise.all([joinWire(running), joinWire(running)]);
    const bytes = async (direction: string) =>
      (await telemetry.sum("socketio.server.bytes", { "network.io.direction": direction })) ?? 0;
    const [sentBefore, receivedBefore] = [await bytes("transmit"), await bytes("receive")];
    running.io.emit("news", "é"); // 2["news","é"] has 13 bytes
    for (const { wire } of joined) {
      await wire.next();
    }
    const heard = joined.map(({ socket }) => nextEvent(socket, "abc"));
    for (const { wire } of joined) {
      wire.send('42["abc"]');
    }
    await Promise.all(heard);
    expect((await bytes("transmit")) - sentBefore).to.be(2 * Buffer.byteLength('2["news","é"]'));
    expect((await bytes("receive")) - receivedBefore).to.be(2 * '2["abc"]'.length);
  });

  it("count the bytes that a client does not read, and cut connections", async () => {
    const telemetry = startTelemetry();
    const running = await startServer({ slowConsumer: { maxBufferedBytes: 10e6 } });
    const joined = await joinWire(running);
    await stall(joined);
    expect(await telemetry.sum("socketio.server.buffered_bytes", websocket)).to.be(
      joined.socket.bufferedBytes,
    );
    joined.socket.emit("too much", "x".repeat(11e6));
    await nextEvent(joined.socket, "disconnect");
    await eventually(async () => (await telemetry.sum("socketio.server.buffered_bytes", websocket)) === 0);
    const cut = { "socketio.slow_consumer.action": "disconnect" };
    expect(await telemetry.sum("socketio.server.slow_consumers", cut)).to.be(1);
    expect(await telemetry.sum("socketio.server.guards", { "socketio.guard.code": "SLOW_CONSUMER" })).to.be(
      1,
    );
  });

  it("count restored sessions and replayed events", async () => {
    const telemetry = startTelemetry();
    const running = await startServer({ connectionStateRecovery: {} });
    const member = await connectRecoverable(running);
    await member.cut();
    running.io.emit("missed");
    running.io.emit("missed");
    await member.comeBack();
    const restored = { ...inMain, "socketio.recovery.result": "restored" };
    expect(await telemetry.sum("socketio.server.recoveries", restored)).to.be(1);
    expect(await telemetry.sum("socketio.server.recovery.replayed_events", inMain)).to.be(2);
  });

  it("show how many connections a closing server waits for", async () => {
    const telemetry = startTelemetry();
    const running = await startServer();
    const joined = [await joinWire(running), await joinWire(running), await joinWire(running)];
    const drain = { batchSize: 1, intervalMs: 60_000, timeoutMs: 60_000 };
    const closed = running.io.close({ drain });
    const remaining = () => telemetry.sum("socketio.server.drain.remaining_connections");
    await joined[0]?.wire.closed;
    await eventually(async () => (await remaining()) === 2);
    running.io.close();
    await closed;
    expect(await remaining()).to.be(0);
  });

  it("measure requests to the other servers", async () => {
    const telemetry = startTelemetry();
    const { nodes } = await startCluster(2);
    await nodes[0]?.io.fetchSockets();
    const [point] = await telemetry.points("socketio.server.adapter.request.duration");
    expect(point?.attributes).to.eql({ "socketio.adapter.request": "fetchSockets" });
  });

  it("measure how long clients need to join, and how this ends", async () => {
    const telemetry = startTelemetry();
    const { io, connect } = await startServer();
    io.of("/closed").use((_socket, next) => next(new Error("unauthorized")));
    await nextEvent(connect("/"), "connect");
    await nextEvent(connect("/closed"), "connect_error");
    const points = await telemetry.points("socketio.server.join.duration");
    expect(
      points.map(({ attributes }) => [attributes["socketio.namespace"], attributes["socketio.outcome"]]),
    ).to.eql([
      ["/", "joined"],
      ["/closed", "refused"],
    ]);
  });

  it("do not count connections that were open before", async () => {
    const { pair } = await startServer();
    const { client, socket } = await pair();
    const telemetry = startTelemetry();
    client.disconnect();
    await nextEvent(socket, "disconnect");
    const other = await pair("/", { transports: ["websocket"] });
    expect(await telemetry.sum("socketio.server.active_connections", websocket)).to.be(1);
    expect(await telemetry.sum("socketio.server.sockets", inMain)).to.be(1);
    other.client.disconnect();
  });

  it("have a limited number of namespaces and events", async () => {
    const telemetry = startTelemetry({ maxNamespaces: 1, maxEventNames: 1 });
    const { io } = await startServer();
    io.of("/one").emit("first");
    io.of("/two").emit("second");
    io.of("/three").emit("third");
    const points = await telemetry.points("socketio.server.broadcasts");
    expect(
      points.map(({ attributes, value }) => [
        attributes["socketio.namespace"],
        attributes["socketio.event"],
        value,
      ]),
    ).to.eql([
      ["/one", "first", 1],
      ["_other", "_other", 2],
    ]);
  });

  it("keep their sums when another provider is set", async () => {
    const telemetry = startTelemetry();
    const { io } = await startServer();
    io.emit("news");
    const other = startTelemetry({ enabled: false });
    expect(await other.metrics()).to.eql({});
    telemetry.instrumentation.setMeterProvider(other.meterProvider);
    io.emit("news");
    expect(await other.sum("socketio.server.broadcasts")).to.be(2);
    expect(await telemetry.sum("socketio.server.broadcasts")).to.be(undefined);
  });
});
