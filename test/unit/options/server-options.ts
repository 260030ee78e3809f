import expect from "expect.js";
import { PUBLIC_LIMITS } from "../../../lib/options/limits";
import { checkOptions, resolveOptions } from "../../../lib/options/server-options";
import { failureOf } from "../../support/option-errors";

describe("options", () => {
  it("are completed with the defaults [8, 11, 21, 23, 24]", () => {
    const settings = resolveOptions(checkOptions({}));
    expect(settings.path).to.be("/socket.io");
    expect(settings.serveClient).to.be(true);
    expect(settings.connectTimeout).to.be(45_000);
    expect(settings.cleanupEmptyChildNamespaces).to.be(false);
    expect(settings.connectionStateRecovery).to.be(undefined);
    expect(settings.parser.Encoder).to.be.a("function");
  });

  it("are copied: the application's object is not modified, and the server's object is frozen", () => {
    const given = { connectionStateRecovery: { maxDisconnectionDuration: 5 }, pingInterval: 10 };
    const settings = resolveOptions(checkOptions(given));
    expect(given).to.eql({ connectionStateRecovery: { maxDisconnectionDuration: 5 }, pingInterval: 10 });
    expect(settings.connectionStateRecovery).to.eql({ maxDisconnectionDuration: 5, skipMiddlewares: true });
    expect(Object.isFrozen(settings)).to.be(true);
    expect(Object.isFrozen(settings.connectionStateRecovery)).to.be(true);
  });

  it("that are undefined or null have their defaults", () => {
    const options = { pingTimeout: undefined, adapter: null, path: undefined } as never;
    expect(checkOptions(options)).to.eql({});
    expect(resolveOptions(checkOptions(options)).path).to.be("/socket.io");
  });

  it("that are unknown are passed on", () => {
    expect(checkOptions({ someEngineOption: 1 } as never)).to.eql({ someEngineOption: 1 });
  });

  it("may be numbers in strings, as in environment variables", () => {
    expect(checkOptions({ pingInterval: "250" } as never)).to.eql({ pingInterval: 250 });
    expect(checkOptions({ trustProxy: "1" } as never)).to.eql({ trustProxy: 1 });
  });

  it("use the default for a connectTimeout of 0 [21]", () => {
    expect(resolveOptions(checkOptions({ connectTimeout: 0 })).connectTimeout).to.be(45_000);
  });

  it("accept true, false or an object for connectionStateRecovery [23]", () => {
    const recovery = (connectionStateRecovery: unknown) =>
      resolveOptions(checkOptions({ connectionStateRecovery } as never)).connectionStateRecovery;
    const defaults = {
      maxDisconnectionDuration: 120_000,
      skipMiddlewares: true,
    };
    expect(recovery({ maxPackets: "5" })).to.eql({ ...defaults, maxPackets: 5 });
    expect(recovery(true)).to.eql(defaults);
    expect(recovery({ skipMiddlewares: false })).to.eql({ ...defaults, skipMiddlewares: false });
    expect(recovery(false)).to.be(undefined);
  });

  it("may allow messages of any size", () => {
    expect(checkOptions({ maxHttpBufferSize: Number.POSITIVE_INFINITY })).to.eql({
      maxHttpBufferSize: Number.POSITIVE_INFINITY,
    });
  });

  it("have limits with defaults, and with given values", () => {
    const limits = (given?: object) => resolveOptions(checkOptions({ limits: given } as never)).limits;
    const defaults = {
      packetsPerPayload: Number.POSITIVE_INFINITY,
      burst: 2,
      policy: "disconnect",
      closeTimeoutMs: 30_000,
      invalidEventsPerSecond: 100,
      queuedEvents: 1_000,
    };
    expect(limits()).to.eql(defaults);
    expect(limits({ eventsPerSecond: "50", connections: undefined, burst: 1 })).to.eql({
      ...defaults,
      eventsPerSecond: 50,
      burst: 1,
    });
    expect(Object.isFrozen(limits())).to.be(true);
  });

  it("have the limits of a preset, except for given values", () => {
    const settings = (given: object) => resolveOptions(checkOptions(given as never));
    const { limits, slowConsumer, maxPayloadDepth } = settings({ limits: "public" });
    const others = { policy: "disconnect", invalidEventsPerSecond: 100, queuedEvents: 1_000 };
    expect(limits).to.eql({ ...others, ...PUBLIC_LIMITS });
    expect(slowConsumer).to.eql({ maxBufferedBytes: 16 * 1024 * 1024, policy: "disconnect" });
    expect(maxPayloadDepth).to.be(100);
    const mixed = settings({
      limits: { preset: "public", burst: 8, connections: 5 },
      maxHttpBufferSize: 4_000_000,
      slowConsumer: { maxBufferedBytes: 5 },
      maxPayloadDepth: 1_000,
    });
    expect(mixed.limits).to.eql({
      ...others,
      ...PUBLIC_LIMITS,
      bytesPerSecond: 2_000_000,
      burst: 8,
      connections: 5,
    });
    expect(mixed.slowConsumer).to.eql({ maxBufferedBytes: 5 });
    expect(mixed.maxPayloadDepth).to.be(1_000);
  });

  it("throw an error for a limit with an unknown name, which would limit nothing", () => {
    const error = failureOf({ limits: { kilobytes: 1 } });
    expect(error.message).to.match(
      /^There is no option "limits\.kilobytes": choose from preset, connections, /,
    );
    expect(error.code).to.be("INVALID_OPTION");
  });

  const refusals: [options: Record<string, unknown>, message: string][] = [
    [{ connectTimeout: "45s" }, '"connectTimeout" must be a number of milliseconds, got "45s"'],
    [{ pingInterval: -1 }, '"pingInterval" must be a number of milliseconds, got -1'],
    [{ pingTimeout: Number.NaN }, '"pingTimeout" must be a number of milliseconds, got NaN'],
    [{ upgradeTimeout: "" }, '"upgradeTimeout" must be a number of milliseconds, got ""'],
    [
      { destroyUpgradeTimeout: 2 ** 31 },
      '"destroyUpgradeTimeout" must be a number of milliseconds of at most 2147483647, got 2147483648',
    ],
    [
      { maxHttpBufferSize: {} },
      '"maxHttpBufferSize" must be a number of bytes, got an object of type Object',
    ],
    [
      { path: /x/ },
      '"path" must be a string that begins with a slash, such as "/socket.io", got an object of type RegExp',
    ],
    [{ path: "ws" }, '"path" must be a string that begins with a slash, such as "/socket.io", got "ws"'],
    [
      { path: "http://localhost/ws" },
      '"path" must be a string that begins with a slash, such as "/socket.io", got "http://localhost/ws"',
    ],
    [
      { transports: "websocket" },
      '"transports" must be a list with one or more of "polling", "websocket", "webtransport" and "sse", got "websocket"',
    ],
    [
      { transports: ["ws"] },
      '"transports" must be a list with one or more of "polling", "websocket", "webtransport" and "sse", got ["ws"]',
    ],
    [
      { transports: [] },
      '"transports" must be a list with one or more of "polling", "websocket", "webtransport" and "sse", got []',
    ],
    [{ transports: ["websocket", "poling"] }, '"transports" must be a list with "polling", got "poling"'],
    [{ transports: ["WebSocket"] }, '"transports" must be a list with "websocket", got "WebSocket"'],
    [
      { cors: "http://localhost:5173" },
      '"cors" must be an object such as { origin: "https://example.com" }, a function or a boolean, got "http://localhost:5173"',
    ],
    [
      { cors: ["http://localhost:5173"] },
      '"cors" must be an object such as { origin: "https://example.com" }, a function or a boolean, got an array',
    ],
    [{ adapter: [] }, '"adapter" must be an adapter class or a function that makes an adapter, got an array'],
    [
      { parser: {} },
      '"parser" must be a module with an Encoder and a Decoder class, got an object of type Object',
    ],
    [{ allowRequest: true }, '"allowRequest" must be a function (req, callback), got true'],
    [{ wsEngine: "ws" }, '"wsEngine" must be a WebSocket server class, got "ws"'],
    [
      { connectionStateRecovery: "yes" },
      '"connectionStateRecovery" must be an object such as { maxDisconnectionDuration: 120000 }, got "yes"',
    ],
    [
      { connectionStateRecovery: { maxDisconnectionDuration: "2 min" } },
      '"connectionStateRecovery.maxDisconnectionDuration" must be a number of milliseconds, got "2 min"',
    ],
    [{ limits: 5 }, '"limits" must be an object such as { eventsPerSecond: 100 }, got 5'],
    [{ limits: "private" }, '"limits" must be "public" or an object with limits, got "private"'],
    [{ limits: { preset: "private" } }, '"limits.preset" must be "public", got "private"'],
    [{ limits: { connections: "many" } }, '"limits.connections" must be a number, got "many"'],
    [{ limits: { policy: "ignore" } }, '"limits.policy" must be "disconnect" or "drop", got "ignore"'],
    [
      { slowConsumer: { policy: "disconnect" } },
      '"slowConsumer.maxBufferedBytes" must be a number of bytes, got undefined',
    ],
    [
      { slowConsumer: { maxBufferedBytes: 1, policy: "drop" } },
      '"slowConsumer.policy" must be "disconnect" or "drop-volatile" or "drop-oldest", got "drop"',
    ],
    [{ maxPayloadDepth: -1 }, '"maxPayloadDepth" must be a number, got -1'],
    [{ attachmentTimeout: "10s" }, '"attachmentTimeout" must be a number of milliseconds, got "10s"'],
    [{ onHandlerError: "log" }, '"onHandlerError" must be a function (error, context), got "log"'],
    [{ requireOrigin: 1 }, '"requireOrigin" must be true or false, got 1'],
    [
      { trustProxy: true },
      '"trustProxy" must be false, the number of your proxies or a function (req), got true',
    ],
    [{ ackOnDisconnect: "throw" }, '"ackOnDisconnect" must be "pending" or "reject", got "throw"'],
  ];
  for (const [options, message] of refusals) {
    it(`throw ${message}`, () => {
      const error = failureOf(options);
      expect(error.message).to.be(message);
      expect(error.code).to.be("INVALID_OPTION");
    });
  }

  const noOrigins: Record<string, unknown> = {
    "1": 1,
    true: true,
    "a list in a string": "https://a.example,https://b.example",
    "a host": "app.example",
    "a host with a port": "localhost:3000",
    "a path": "https://app.example/chat",
    "a query": "https://app.example/?",
    "a user": "https://user@app.example",
    "a pattern of hosts": "https://*.app.example",
    "a pattern of ports": "http://localhost:*",
    "a WebSocket": "wss://app.example",
    "no slashes": "https:app.example",
    "no host": "https://",
    "an empty string": "",
  };
  for (const [kind, allowedOrigins] of Object.entries(noOrigins)) {
    it(`throw an error for ${kind} as an allowed origin, which no page has`, () => {
      const { message, code } = failureOf({ allowedOrigins: ["https://other.example", allowedOrigins] });
      expect(message).to.match(/^"allowedOrigins" must be an origin such as "https:\/\/example\.com", /);
      expect(code).to.be("INVALID_OPTION");
    });
  }
});
