import { SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import expect from "expect.js";
import { ownSuite } from "../support/own-tests";
import { startServer } from "../support/server";
import { type ReadableSpan, startTelemetry, useGlobalContext } from "../support/telemetry";
import { eventually, nextEvent, roundTrip } from "../support/waiting";
import { openWire } from "../support/wire";

const parentOf = (span: ReadableSpan) => span.parentSpanContext?.spanId;
const idOf = (span: ReadableSpan) => span.spanContext().spanId;

ownSuite("a span of socket.io/opentelemetry", () => {
  beforeEach(useGlobalContext);

  it("has the attributes of the current conventions for an event that a client has sent", async () => {
    const telemetry = startTelemetry();
    const { pair } = await startServer();
    const { client, socket } = await pair("/chat");
    socket.on("order", (_order, callback) => callback());
    await client.emitWithAck("order", { secret: 42 });
    const span = await telemetry.span("process /chat");
    expect(span.kind).to.be(SpanKind.CONSUMER);
    expect(span.attributes).to.eql({
      "messaging.system": "socket.io",
      "messaging.operation.name": "process",
      "messaging.operation.type": "process",
      "messaging.destination.name": "/chat",
      "messaging.client.id": socket.id,
      "messaging.socket.io.namespace": "/chat",
      "messaging.socket.io.event_name": "order",
    });
    expect(span.status.code).to.be(SpanStatusCode.UNSET);
    expect(span.instrumentationScope.name).to.be("socket.io/opentelemetry");
  });

  it("has the attributes of the current conventions for an event that the server sends", async () => {
    const telemetry = startTelemetry();
    const { pair } = await startServer();
    const { client, socket } = await pair();
    socket.emit("news", "payload");
    await nextEvent(client, "news");
    const span = await telemetry.span("send /");
    expect(span.kind).to.be(SpanKind.PRODUCER);
    expect(span.attributes).to.eql({
      "messaging.system": "socket.io",
      "messaging.operation.name": "send",
      "messaging.operation.type": "send",
      "messaging.destination.name": "/",
      "messaging.client.id": socket.id,
      "messaging.socket.io.namespace": "/",
      "messaging.socket.io.event_name": "news",
    });
  });

  it("names the rooms of a broadcast, and there is one span for all receivers", async () => {
    const telemetry = startTelemetry();
    const { io, pair } = await startServer();
    const members = [await pair(), await pair()];
    io.socketsJoin("red");
    const received = members.map(({ client }) => nextEvent(client, "news"));
    io.to("red").to("blue").emit("news");
    await Promise.all(received);
    await telemetry.span("send /");
    const spans = telemetry.spans().filter(({ name }) => name === "send /");
    expect(spans.length).to.be(1);
    expect(spans[0]?.attributes["messaging.socket.io.rooms"]).to.eql(["red", "blue"]);
  });

  it("is the parent of what a handler does, also after an await", async () => {
    const telemetry = startTelemetry();
    const { pair } = await startServer();
    const { client, socket } = await pair();
    const tracer = telemetry.tracerProvider.getTracer("application");
    socket.on("order", async () => {
      socket.emit("first");
      await new Promise(setImmediate);
      tracer.startSpan("store the order").end();
      socket.emit("second");
    });
    client.emit("order");
    await nextEvent(client, "second");
    const handled = await telemetry.span("process /");
    const stored = await telemetry.span("store the order");
    expect(parentOf(stored)).to.be(idOf(handled));
    const sent = telemetry.spans().filter(({ name }) => name === "send /");
    expect(sent.map(parentOf)).to.eql([idOf(handled), idOf(handled)]);
  });

  it("has no parent over a WebSocket, also if a span was active when the server was started", async () => {
    const telemetry = startTelemetry();
    const tracer = telemetry.tracerProvider.getTracer("application");
    const { pair } = await tracer.startActiveSpan("start", () => startServer());
    const { client, socket } = await pair("/", { transports: ["websocket"] });
    socket.on("order", (callback) => callback());
    await client.emitWithAck("order");
    for (const name of ["connect /", "process /"]) {
      expect(parentOf(await telemetry.span(name))).to.be(undefined);
    }
  });

  it("lasts until the promise of the handler is settled, and has its error", async () => {
    const telemetry = startTelemetry();
    const { pair } = await startServer({ onHandlerError: () => {} });
    const { client, socket } = await pair();
    let reject = (_error: Error) => {};
    socket.on("order", () => new Promise((_resolve, refuse) => (reject = refuse)));
    client.emit("order");
    await roundTripOf(client, socket);
    expect(telemetry.spans().some(({ attributes }) => isOrder(attributes))).to.be(false);
    reject(Object.assign(new TypeError("sold out"), { code: "SOLD_OUT" }));
    await eventually(() => telemetry.spans().some(({ attributes }) => isOrder(attributes)));
    const span = telemetry.spans().find(({ attributes }) => isOrder(attributes));
    expect(span?.status).to.eql({ code: SpanStatusCode.ERROR, message: "sold out" });
    expect(span?.attributes["error.type"]).to.be("SOLD_OUT");
    expect(span?.events.map(({ name }) => name)).to.eql(["exception"]);
  });

  it("has the error that a handler throws", async () => {
    const telemetry = startTelemetry();
    const { pair } = await startServer({ onHandlerError: () => {} });
    const { client, socket } = await pair();
    socket.on("order", () => {
      throw new RangeError("too many");
    });
    client.emit("order");
    const span = await telemetry.span("process /");
    expect(span.status).to.eql({ code: SpanStatusCode.ERROR, message: "too many" });
    expect(span.attributes["error.type"]).to.be("RangeError");
  });

  it("has an error also if a handler throws a value that has no text", async () => {
    const telemetry = startTelemetry();
    const { pair } = await startServer({ onHandlerError: () => {} });
    const { client, socket } = await pair();
    socket.on("order", () => {
      throw Object.create(null);
    });
    client.emit("order");
    const span = await telemetry.span("process /");
    expect(span.status).to.eql({ code: SpanStatusCode.ERROR, message: "object" });
    expect(span.attributes["error.type"]).to.be("_OTHER");
  });

  it("covers the time until a client acknowledges, and is a child of the span that sends", async () => {
    const telemetry = startTelemetry();
    const { pair } = await startServer();
    const { client, socket } = await pair();
    client.on("question", (callback) => callback("yes"));
    await socket.emitWithAck("question");
    const ack = await telemetry.span("ack /");
    expect(ack.kind).to.be(SpanKind.CLIENT);
    expect(ack.attributes["messaging.operation.type"]).to.be("settle");
    expect(parentOf(ack)).to.be(idOf(await telemetry.span("send /")));
  });

  it("has an error if a client does not acknowledge in time", async () => {
    const telemetry = startTelemetry();
    const { pair } = await startServer();
    const { socket } = await pair();
    await socket
      .timeout(1)
      .emitWithAck("question")
      .catch(() => {});
    const ack = await telemetry.span("ack /");
    expect(ack.status.code).to.be(SpanStatusCode.ERROR);
  });

  it("is a child of the span that sends also for a broadcast", async () => {
    const telemetry = startTelemetry();
    const { io, pair } = await startServer();
    const { client } = await pair();
    client.on("question", (callback) => callback("yes"));
    await io.timeout(60_000).emitWithAck("question");
    expect(parentOf(await telemetry.span("ack /"))).to.be(idOf(await telemetry.span("send /")));
  });

  it("is a child of its own event if a listener sends another event of the same name meanwhile", async () => {
    const telemetry = startTelemetry();
    const { pair } = await startServer();
    const { client, socket } = await pair();
    client.on("question", (callback) => callback());
    let isFirst = true;
    socket.onAnyOutgoing(() => {
      if (isFirst) {
        isFirst = false;
        socket.emit("question", () => {});
      }
    });
    await socket.emitWithAck("question");
    await eventually(() => telemetry.spans().filter(({ name }) => name === "ack /").length === 2);
    const sends = telemetry.spans().filter(({ name }) => name === "send /");
    const acks = telemetry.spans().filter(({ name }) => name === "ack /");
    expect(acks.map(parentOf).sort()).to.eql(sends.map(idOf).sort());
  });

  it("covers the connection to a namespace, and says how it ended", async () => {
    const telemetry = startTelemetry();
    const { io, connect } = await startServer();
    io.of("/chat").use((_socket, next) => {
      trace.getActiveSpan()?.setAttribute("seen.by", "middleware");
      next();
    });
    await nextEvent(connect("/chat"), "connect");
    const span = await telemetry.span("connect /chat");
    expect(span.kind).to.be(SpanKind.SERVER);
    expect(span.attributes["messaging.socket.io.outcome"]).to.be("joined");
    expect(span.attributes["seen.by"]).to.be("middleware");

    io.use((_socket, next) => next(new Error("unauthorized")));
    await nextEvent(connect("/"), "connect_error");
    const refused = await telemetry.span("connect /");
    expect(refused.attributes["messaging.socket.io.outcome"]).to.be("refused");
  });

  it("does not have the name of a namespace that only a client knows", async () => {
    const telemetry = startTelemetry();
    const { connect } = await startServer();
    await nextEvent(connect("/anything"), "connect_error");
    const span = await telemetry.span("connect");
    expect(JSON.stringify(span.attributes)).not.to.contain("anything");
  });

  it("has the code of the error with which a client is refused", async () => {
    const telemetry = startTelemetry();
    const { io, url } = await startServer({ limits: { childNamespaces: 1 } });
    io.of(/^\/room-/);
    io.use((socket) => socket.disconnect());
    const wire = await openWire(url);
    for (const name of ["/room-1", "/room-2", "/nowhere", "/"]) {
      await wire.join(name);
    }
    await eventually(() => telemetry.spans().length === 4);
    const refused = telemetry
      .spans()
      .filter(({ status }) => status.code === SpanStatusCode.ERROR)
      .map(({ status, attributes }) => [status.message, attributes["error.type"]]);
    expect(refused).to.eql([
      ["There are too many namespaces", "NAMESPACE_LIMIT"],
      ["Invalid namespace", "UNKNOWN_NAMESPACE"],
      ["socket has been disconnected", "SOCKET_DISCONNECTED"],
    ]);
  });

  it("covers a request to the other servers", async () => {
    const telemetry = startTelemetry();
    const { io } = await startServer();
    await io.in("red").fetchSockets();
    const span = await telemetry.span("fetchSockets /");
    expect(span.kind).to.be(SpanKind.CLIENT);
  });

  it("has attributes that hooks add, and is recorded if a hook throws", async () => {
    const seen: unknown[] = [];
    const telemetry = startTelemetry({
      emitHook: (span, { event, payload, namespace, socket, moduleVersion }) => {
        seen.push([event, payload, namespace.name, socket?.id, typeof moduleVersion]);
        span.setAttribute("order.number", payload[0] as number);
      },
      onHook: () => {
        throw new Error("a mistake in the hook");
      },
    });
    const { pair } = await startServer();
    const { client, socket } = await pair();
    socket.on("order", (number) => socket.emit("ordered", number, () => {}));
    client.emit("order", 7);
    await nextEvent(client, "ordered");
    expect((await telemetry.span("send /")).attributes["order.number"]).to.be(7);
    expect(seen).to.eql([["ordered", [7], "/", socket.id, "string"]]);
    await telemetry.span("process /");
  });

  it("does not exist for ignored events, namespaces and rooms", async () => {
    const telemetry = startTelemetry({
      emitIgnoreEventList: ["quiet", /^debug/g],
      onIgnoreEventList: (name) => name.startsWith("typing"),
      ignoreNamespaces: "/admin",
      ignoreRooms: /^private:/,
    });
    const { io, pair } = await startServer();
    const { client, socket } = await pair();
    const admin = await pair("/admin");
    for (const name of ["typing", "typing again", "round trip"]) {
      socket.on(name, (...args) => args.pop()?.());
    }
    socket.emit("quiet");
    socket.emit("debug 1");
    socket.emit("debug 2");
    admin.socket.emit("news");
    io.to("private:1").to("private:2").emit("news");
    io.to("private:1").to("public").emit("news");
    await client.emitWithAck("typing");
    await client.emitWithAck("typing again");
    await client.emitWithAck("round trip");
    await telemetry.span("process /");
    const events = telemetry.spans().map(({ attributes }) => attributes["messaging.socket.io.event_name"]);
    expect(events.filter((name) => name !== undefined)).to.eql(["news", "round trip"]);
    expect(telemetry.spans().filter(({ name }) => name.includes("/admin"))).to.eql([]);
  });

  it("has a limited number of names of events, and none that only clients know", async () => {
    const telemetry = startTelemetry({ maxEventNames: 2 });
    const { pair } = await startServer();
    const { client, socket } = await pair();
    socket.on("round trip", (callback) => callback());
    client.emit("made up by a client");
    await roundTrip(client);
    socket.emit("one");
    socket.emit("two");
    socket.emit("one");
    await nextEvent(client, "one");
    const events = telemetry
      .spans()
      .map(({ attributes }) => attributes["messaging.socket.io.event_name"])
      .filter((name) => name !== undefined && name !== "_other");
    expect([...new Set(events)]).to.eql(["round trip", "one"]);
    expect(JSON.stringify(telemetry.spans().map(({ attributes }) => attributes))).not.to.contain("made up");
  });

  it("has no destination in its name after too many namespaces", async () => {
    const telemetry = startTelemetry({ maxNamespaces: 1 });
    const { io } = await startServer();
    io.of("/one").emit("news");
    io.of("/two").emit("news");
    io.of("/one").emit("news");
    expect(telemetry.spans().map(({ name }) => name)).to.eql(["send /one", "send", "send /one"]);
    expect(telemetry.spans()[1]?.attributes["messaging.destination.name"]).to.be("/two");
  });

  it("has the attributes of the published instrumentation with an option", async () => {
    const telemetry = startTelemetry({ conventions: "published" });
    const { pair } = await startServer();
    const { client, socket } = await pair();
    socket.on("order", () => socket.emit("ordered"));
    client.emit("order");
    await nextEvent(client, "ordered");
    const handled = await telemetry.span("receive /");
    expect(handled.kind).to.be(SpanKind.CONSUMER);
    expect(handled.attributes).to.eql({
      "messaging.system": "socket.io",
      "messaging.destination": "/",
      "messaging.operation": "receive",
      "messaging.socket.io.namespace": "/",
      "messaging.socket.io.event_name": "order",
    });
    expect((await telemetry.span("send /")).attributes).to.eql({
      "messaging.system": "socket.io",
      "messaging.destination": "/",
      "messaging.destination_kind": "topic",
      "messaging.socket.io.namespace": "/",
      "messaging.socket.io.event_name": "ordered",
      "messaging.socket.io.rooms": [socket.id],
    });
  });
});

const isOrder = (attributes: ReadableSpan["attributes"]) =>
  attributes["messaging.socket.io.event_name"] === "order";

async function roundTripOf(
  client: Parameters<typeof roundTrip>[0],
  socket: { on(event: string, listener: (callback: () => void) => void): unknown },
): Promise<void> {
  socket.on("round trip", (callback) => callback());
  await roundTrip(client);
}
