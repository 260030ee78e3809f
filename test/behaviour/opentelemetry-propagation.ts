import { once } from "node:events";
import { dirname, join } from "node:path";
import { Worker } from "node:worker_threads";
import expect from "expect.js";
import * as z from "zod";
import { contract } from "../../lib/contract/contract";
import { recordTracing } from "../support/channels";
import { onTestEnd } from "../support/cleanup";
import { startCluster } from "../support/cluster";
import { ownSuite } from "../support/own-tests";
import { root } from "../support/repository";
import { startServer } from "../support/server";
import { subjectFolder } from "../support/subject";
import { startTelemetry, useGlobalContext } from "../support/telemetry";
import { eventually, nextEvent } from "../support/waiting";

const adapterFile = join(root, "examples/adapter/broadcast-channel-adapter.js");
const { createAdapter } = require(adapterFile);

/** A server in a thread of its own, without the instrumentation, which reports the events of other servers. */
const otherServer = `
  const { parentPort, workerData } = require("node:worker_threads");
  require(workerData.tsx);
  const { Server } = require(workerData.library);
  const { createAdapter } = require(workerData.adapter);
  new Server({ adapter: createAdapter() }).on("order", (...args) => parentPort.postMessage(args));
`;

const referenceFolder = dirname(require.resolve("socket.io-reference"));

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";
const traceparent = `00-${TRACE}-${SPAN}-01`;
/** What a client or an application may send as the last argument. */
const forged = { "socket.io:trace-context": { traceparent } };

ownSuite("the trace context of a client", () => {
  beforeEach(useGlobalContext);

  it("is linked to the connection, from auth or from the headers, and to events, if the option is set", async () => {
    const telemetry = startTelemetry({ propagation: { fromClients: true } });
    const { pair } = await startServer();
    const { client, socket } = await pair("/", { auth: { traceparent } });
    socket.on("order", (_order, callback) => callback());
    await client.emitWithAck("order", { traceparent });
    await pair("/chat", { transports: ["websocket"], extraHeaders: { traceparent } });
    for (const name of ["connect /", "process /", "connect /chat"]) {
      const span = await telemetry.span(name);
      expect(span.links.map(({ context }) => [context.traceId, context.spanId])).to.eql([[TRACE, SPAN]]);
      expect(span.spanContext().traceId).not.to.be(TRACE);
    }
  });

  it("is ignored without the option, and if it is not valid", async () => {
    const telemetry = startTelemetry();
    const { pair } = await startServer();
    const { client, socket } = await pair("/", { auth: { traceparent } });
    socket.on("order", (_order, callback) => callback());
    await client.emitWithAck("order", { traceparent });
    telemetry.instrumentation.setConfig({ propagation: { fromClients: true } });
    for (const wrong of ["00-1-2-01", traceparent + "0".repeat(2000), 7, null, { toString: null }]) {
      await client.emitWithAck("order", { traceparent: wrong });
    }
    await eventually(() => telemetry.spans().filter(({ name }) => name === "process /").length === 6);
    expect(telemetry.spans().flatMap(({ links }) => links)).to.eql([]);
  });
});

ownSuite("the trace context of another server", () => {
  beforeEach(useGlobalContext);

  it("makes the span of the handler a child, and handlers do not see it, if the option is set", async () => {
    const telemetry = startTelemetry({ propagation: { betweenServers: true } });
    const { nodes, bus } = await startCluster(2);
    const [sender, receiver] = nodes.map(({ io }) => io);
    const heard = nextEvent(receiver!, "order");
    sender?.serverSideEmit("order", 1, { two: 2 });
    expect(await heard).to.eql([1, { two: 2 }]);
    const sent = await telemetry.span("serverSideEmit /");
    const handled = await telemetry.span("process /");
    expect(handled.parentSpanContext?.spanId).to.be(sent.spanContext().spanId);
    expect(handled.spanContext().traceId).to.be(sent.spanContext().traceId);
    expect(JSON.stringify(bus.messages)).to.contain(sent.spanContext().traceId);
  });

  it("does not count as an argument if the namespace has a contract", async () => {
    startTelemetry({ propagation: { betweenServers: true } });
    const definition = contract({ serverToServer: { reload: {}, say: { args: [z.string()] } } });
    const problems: unknown[] = [];
    const onHandlerError = (error: unknown) => problems.push(error);
    const { nodes } = await startCluster(2, { contract: definition, onHandlerError });
    const [sender, receiver] = nodes.map(({ io }) => io);
    const heard = [nextEvent(receiver!, "reload"), nextEvent(receiver!, "say")];
    sender?.serverSideEmit("reload");
    sender?.serverSideEmit("say", "hi");
    expect(await Promise.all(heard)).to.eql([[], ["hi"]]);
    expect(problems).to.eql([]);
  });

  it("is removed for receivers without the option, and for ignored events", async () => {
    const telemetry = startTelemetry({ propagation: { betweenServers: true }, onIgnoreEventList: "order" });
    const { nodes } = await startCluster(2);
    const [sender, receiver] = nodes.map(({ io }) => io);
    const heard = nextEvent(receiver!, "order");
    sender?.serverSideEmit("order", 1);
    telemetry.instrumentation.setConfig({});
    expect(await heard).to.eql([1]);
  });

  for (const [receiver, library, heard] of [
    ["is removed by a server without the instrumentation", subjectFolder, [1, { two: 2 }]],
    ["is one more argument on the reference server", referenceFolder, [1, { two: 2 }, "context"]],
  ] as const) {
    it(receiver, async () => {
      const telemetry = startTelemetry({ propagation: { betweenServers: true } });
      const { io } = await startServer({ adapter: createAdapter() });
      const thread = new Worker(otherServer, {
        eval: true,
        execArgv: [],
        workerData: { library, adapter: adapterFile, tsx: require.resolve("tsx/cjs") },
      });
      onTestEnd(() => thread.terminate());
      await eventually(async () => (await io.of("/").adapter.serverCount()) === 2);
      const [args] = await Promise.all([once(thread, "message"), io.serverSideEmit("order", 1, { two: 2 })]);
      const { traceId, spanId } = (await telemetry.span("serverSideEmit /")).spanContext();
      const context = { "socket.io:trace-context": { traceparent: `00-${traceId}-${spanId}-01` } };
      expect(args).to.eql([heard.map((argument) => (argument === "context" ? context : argument))]);
    });
  }

  for (const [observer, options, observe] of [
    ["a program that subscribes to the channels", {}, () => recordTracing("socket.io:server-side-event")],
    ["onHandlerError", { onHandlerError() {} }, () => {}],
  ] as const) {
    it(`is removed on a server without the instrumentation, with ${observer}`, async () => {
      const telemetry = startTelemetry({ propagation: { betweenServers: true } });
      const { nodes, bus } = await startCluster(2, options);
      const [sender, receiver] = nodes.map(({ io }) => io);
      sender?.serverSideEmit("order", 1);
      telemetry.instrumentation.disable();
      observe();
      expect(await nextEvent(receiver!, "order")).to.eql([1]);
      expect(JSON.stringify(bus.messages)).to.contain("traceparent");
    });
  }

  it("is a member of the message on the diagnostics channel, not one of its arguments", async () => {
    startTelemetry({ propagation: { betweenServers: true } });
    const { messages } = recordTracing("socket.io:server-side-event");
    const { nodes } = await startCluster(2);
    const [sender, receiver] = nodes.map(({ io }) => io);
    const heard = nextEvent(receiver!, "order");
    sender?.serverSideEmit("order", 1);
    await heard;
    expect(messages.map(({ args }) => args)).to.eql([[1]]);
    expect(messages[0]?.traceContext).to.only.have.keys("traceparent");
  });

  it("is not sent without the option", async () => {
    startTelemetry();
    const { nodes, bus } = await startCluster(2);
    const [sender, receiver] = nodes.map(({ io }) => io);
    const heard = nextEvent(receiver!, "order");
    sender?.serverSideEmit("order", 1);
    await heard;
    expect(JSON.stringify(bus.messages)).not.to.contain("traceparent");
  });

  it("is not read from an argument of the application, such as data of a client that are sent on", async () => {
    const telemetry = startTelemetry({ propagation: { betweenServers: true } });
    const { nodes } = await startCluster(2);
    const [sender, receiver] = nodes.map(({ io }) => io);
    const heard = nextEvent(receiver!, "order");
    sender?.serverSideEmit("order", 1, forged);
    expect(await heard).to.eql([1, forged]);
    const sent = await telemetry.span("serverSideEmit /");
    const handled = await telemetry.span("process /");
    expect(handled.parentSpanContext?.spanId).to.be(sent.spanContext().spanId);
    expect(handled.spanContext().traceId).not.to.be(TRACE);
  });

  it("leaves an argument of the application in place, without the instrumentation", async () => {
    const { messages } = recordTracing("socket.io:server-side-event");
    const { nodes } = await startCluster(2);
    const [sender, receiver] = nodes.map(({ io }) => io);
    for (const args of [[forged], [1, forged], [forged, 2], [{ ...forged, name: "Ada" }]]) {
      const heard = nextEvent(receiver!, "order");
      sender?.serverSideEmit("order", ...args);
      expect(await heard).to.eql(args);
    }
    expect(messages.map(({ traceContext }) => traceContext)).not.to.contain(
      forged["socket.io:trace-context"],
    );
  });

  it("leaves an argument of the application in place before an acknowledgement function", async () => {
    const { nodes } = await startCluster(2);
    const [sender, receiver] = nodes.map(({ io }) => io);
    receiver?.on("order", (data: unknown, callback: (answer: unknown) => void) => callback(data));
    expect(await sender?.serverSideEmitWithAck("order", forged)).to.eql([forged]);
  });

  it("does not take the place of an acknowledgement function", async () => {
    startTelemetry({ propagation: { betweenServers: true } });
    const { nodes, bus } = await startCluster(2);
    const [sender, receiver] = nodes.map(({ io }) => io);
    receiver?.on("order", (number: number, callback: (answer: number) => void) => callback(number + 1));
    expect(await sender?.serverSideEmitWithAck("order", 1)).to.eql([2]);
    expect(JSON.stringify(bus.messages)).not.to.contain("traceparent");
  });
});
