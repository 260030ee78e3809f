import { channel } from "node:diagnostics_channel";
import { diag } from "@opentelemetry/api";
import expect from "expect.js";
import { channels } from "../../lib/diagnostics/channels";
import { onTestEnd } from "../support/cleanup";
import { ownSuite } from "../support/own-tests";
import { startServer } from "../support/server";
import { loadInstrumentation, startTelemetry } from "../support/telemetry";
import { eventually, nextEvent } from "../support/waiting";

const EVENTS = ["start", "end", "asyncStart", "asyncEnd", "error"];

/** The channels that have subscribers. */
const allSubscribed = () =>
  Object.values(channels)
    .flatMap(({ name, kind }) =>
      kind === "plain" ? [name] : EVENTS.map((event) => `tracing:${name}:${event}`),
    )
    .filter((name) => channel(name).hasSubscribers);

ownSuite("SocketIoInstrumentation", () => {
  let others: string[] = [];
  const subscribed = () => allSubscribed().filter((name) => !others.includes(name));

  before(() => {
    others = allSubscribed();
  });

  it("subscribes when it is created, and has no subscriber left when it is disabled", () => {
    expect(subscribed()).to.eql([]);
    const { instrumentation } = startTelemetry();
    expect(subscribed()).not.to.eql([]);
    instrumentation.disable();
    expect(subscribed()).to.eql([]);
    instrumentation.disable();
    instrumentation.enable();
    instrumentation.enable();
    expect(subscribed()).not.to.eql([]);
    instrumentation.disable();
    expect(subscribed()).to.eql([]);
  });

  it("does not subscribe with enabled: false, until enable() is called", () => {
    const { instrumentation } = startTelemetry({ enabled: false });
    expect(instrumentation.getConfig().enabled).to.be(false);
    expect(subscribed()).to.eql([]);
    instrumentation.enable();
    expect(instrumentation.getConfig().enabled).to.be(true);
    expect(subscribed()).not.to.eql([]);
  });

  it("has a name, the version of the package, and options with defaults", () => {
    const { instrumentation } = startTelemetry();
    expect(instrumentation.instrumentationName).to.be("socket.io/opentelemetry");
    expect(instrumentation.instrumentationVersion).to.match(/^\d+\.\d+\.\d+/);
    expect(instrumentation.getConfig()).to.eql({
      enabled: true,
      traces: true,
      metrics: true,
      maxEventNames: 100,
      maxNamespaces: 50,
      conventions: "current",
      propagation: {},
    });
  });

  it("applies new options at once", async () => {
    const telemetry = startTelemetry();
    const { io } = await startServer();
    io.emit("one");
    telemetry.instrumentation.setConfig({ emitIgnoreEventList: "two" });
    io.emit("two");
    io.emit("three");
    const events = telemetry.spans().map(({ attributes }) => attributes["messaging.socket.io.event_name"]);
    expect(events).to.eql(["one", "three"]);
  });

  it("keeps counting open connections with new options", async () => {
    const telemetry = startTelemetry();
    const { pair } = await startServer();
    const { client, socket } = await pair("/", { transports: ["websocket"] });
    telemetry.instrumentation.setConfig({ maxNamespaces: 7 });
    expect(await telemetry.sum("socketio.server.active_connections")).to.be(1);
    client.disconnect();
    await nextEvent(socket, "disconnect");
    await eventually(async () => (await telemetry.sum("socketio.server.active_connections")) === 0);
    expect(await telemetry.sum("socketio.server.sockets")).to.be(0);
    telemetry.instrumentation.setConfig({ metrics: false, traces: false });
    expect(subscribed()).to.eql([]);
  });

  it("records both conventions with OTEL_SEMCONV_STABILITY_OPT_IN=messaging/dup", () => {
    process.env.OTEL_SEMCONV_STABILITY_OPT_IN = "http, messaging/dup";
    try {
      expect(startTelemetry().instrumentation.getConfig().conventions).to.be("both");
    } finally {
      delete process.env.OTEL_SEMCONV_STABILITY_OPT_IN;
    }
  });

  it("records nothing when it is disabled, and continues when it is enabled again", async () => {
    const telemetry = startTelemetry();
    const { io } = await startServer();
    io.emit("one");
    telemetry.instrumentation.disable();
    io.emit("two");
    telemetry.instrumentation.enable();
    io.emit("three");
    const events = telemetry.spans().map(({ attributes }) => attributes["messaging.socket.io.event_name"]);
    expect(events).to.eql(["one", "three"]);
  });

  it("works beside a second instance", async () => {
    const first = startTelemetry();
    const second = startTelemetry();
    const { io, pair } = await startServer();
    const { client, socket } = await pair();
    socket.on("order", () => io.emit("ordered"));
    client.emit("order");
    await nextEvent(client, "ordered");
    for (const telemetry of [first, second]) {
      await telemetry.span("process /");
      await telemetry.span("send /");
    }
    first.instrumentation.disable();
    io.emit("again");
    const sent = (telemetry: typeof first) =>
      telemetry.spans().filter(({ name }) => name === "send /").length;
    expect([sent(first), sent(second)]).to.eql([1, 2]);
  });

  it("does not pass on errors of a provider to the application", async () => {
    const reported: unknown[] = [];
    const report = (...message: unknown[]) => reported.push(message);
    diag.setLogger({ error: report, warn() {}, info() {}, debug() {}, verbose() {} });
    onTestEnd(() => diag.disable());
    const telemetry = startTelemetry();
    const fail = () => {
      throw new Error("a mistake in the provider");
    };
    telemetry.instrumentation.setTracerProvider({
      getTracer: () => ({ startSpan: fail, startActiveSpan: fail }),
    });
    const { pair } = await startServer();
    const { client, socket } = await pair();
    socket.on("order", (callback) => callback());
    await client.emitWithAck("order");
    expect(reported).not.to.be.empty();
  });

  it("changes nothing for the application without an SDK", async () => {
    const instrumentation = new (loadInstrumentation().SocketIoInstrumentation)();
    try {
      const { pair } = await startServer();
      const { client, socket } = await pair();
      socket.on("order", (order, callback) => callback(order + 1));
      client.on("question", (callback) => callback("yes"));
      expect(await client.emitWithAck("order", 1)).to.be(2);
      expect(await socket.emitWithAck("question")).to.be("yes");
    } finally {
      instrumentation.disable();
    }
  });

  it("can record metrics only, or spans only", async () => {
    const metricsOnly = startTelemetry({ traces: false });
    const { io } = await startServer();
    io.emit("one");
    expect(metricsOnly.spans()).to.eql([]);
    expect(await metricsOnly.sum("socketio.server.broadcasts")).to.be(1);
    metricsOnly.instrumentation.disable();
    const spansOnly = startTelemetry({ metrics: false });
    io.emit("two");
    expect(spansOnly.spans().length).to.be(1);
    expect(await spansOnly.metrics()).to.eql({});
  });
});
