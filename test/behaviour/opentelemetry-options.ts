/** The options of SocketIoInstrumentation, and the limit of the names of events. */
import expect from "expect.js";
import { ownSuite } from "../support/own-tests";
import { startServer } from "../support/server";
import { loadInstrumentation, startTelemetry } from "../support/telemetry";

const MATCHERS = "a string, a regular expression, a function or an array of these";

ownSuite("the options of SocketIoInstrumentation", () => {
  for (const [options, message] of [
    [{ maxEventNames: -1 }, '"maxEventNames" must be a number of at least 0, got -1'],
    [{ maxEventNames: "a" }, '"maxEventNames" must be a number of at least 0, got "a"'],
    [{ maxNamespaces: Number.NaN }, '"maxNamespaces" must be a number of at least 0, got NaN'],
    [{ enabled: "no" }, '"enabled" must be true or false, got "no"'],
    [{ traces: 1 }, '"traces" must be true or false, got 1'],
    [{ metrics: "all" }, '"metrics" must be true or false, got "all"'],
    [{ conventions: "zzz" }, '"conventions" must be "current", "published" or "both", got "zzz"'],
    [{ onHook: 5 }, '"onHook" must be a function (span, details), got 5'],
    [{ emitHook: {} }, '"emitHook" must be a function (span, details), got an object of type Object'],
    [{ onIgnoreEventList: [null, 5] }, `"onIgnoreEventList" must be ${MATCHERS}, got an array`],
    [{ emitIgnoreEventList: ["a", 5] }, `"emitIgnoreEventList" must be ${MATCHERS}, got an array`],
    [{ ignoreNamespaces: true }, `"ignoreNamespaces" must be ${MATCHERS}, got true`],
    [{ ignoreRooms: {} }, `"ignoreRooms" must be ${MATCHERS}, got an object of type Object`],
    [{ propagation: true }, '"propagation" must be an object such as { fromClients: true }, got true'],
    [{ propagation: { fromClients: 1 } }, '"propagation.fromClients" must be true or false, got 1'],
    [{ maxEventName: 5 }, 'There is no option "maxEventName": did you mean "maxEventNames"?'],
    [null, '"options" must be an object such as { metrics: false }, got null'],
    [5, '"options" must be an object such as { metrics: false }, got 5'],
    [[], '"options" must be an object such as { metrics: false }, got an array'],
  ] as const) {
    const refused = (error: any) => {
      expect(error.message).to.be(message);
      expect(error.code).to.be("INVALID_OPTION");
    };

    it(`cannot be ${JSON.stringify(options)}, in the constructor and in setConfig()`, () => {
      const { SocketIoInstrumentation } = loadInstrumentation();
      expect(() => new SocketIoInstrumentation(options as any)).to.throwException(refused);
      const { instrumentation } = startTelemetry({ maxEventNames: 7 });
      expect(() => instrumentation.setConfig(options as any)).to.throwException(refused);
      expect(instrumentation.getConfig().maxEventNames).to.be(7);
    });
  }

  it("may be missing, empty, null or undefined, and have members of the published instrumentation", () => {
    const { instrumentation } = startTelemetry(undefined);
    const defaults = instrumentation.getConfig();
    for (const options of [
      {},
      undefined,
      { onHook: undefined, maxEventNames: null, propagation: null, emitIgnoreEventList: null },
    ]) {
      instrumentation.setConfig(options as any);
      expect(instrumentation.getConfig()).to.eql(defaults);
    }
    instrumentation.setConfig({ traceReserved: true, onIgnoreEventList: "typing" } as any);
    expect(instrumentation.getConfig().onIgnoreEventList).to.be("typing");
  });
});

ownSuite("the limit of the names of events", () => {
  it("is not used up by names without a listener, if there is a catch-all listener", async () => {
    const telemetry = startTelemetry({ maxEventNames: 2 });
    const { io, pair } = await startServer();
    const { client, socket } = await pair();
    socket.onAny(() => {});
    socket.on("order", (callback) => callback());
    for (const name of ["a", "b", "c"]) {
      client.emit(name);
    }
    await client.emitWithAck("order");
    io.emit("news");
    const events = telemetry
      .spans()
      .filter(({ name }) => name === "process /" || name === "send /")
      .map(({ attributes }) => attributes["messaging.socket.io.event_name"]);
    expect(events).to.eql(["_other", "_other", "_other", "order", "news"]);
    expect(await telemetry.sum("socketio.server.events", { "socketio.event": "_other" })).to.be(3);
  });
});
