import { inspect } from "node:util";
import expect from "expect.js";
import { checkOptions } from "../../../lib/options/server-options";
import { failureOf } from "../../support/option-errors";

describe("names of options", () => {
  const ofOthers: Record<string, string> = {
    "Socket.IO 2": `
      origins, cookiePath, cookieHttpOnly, handlePreflightRequest
    `,
    "Socket.IO 0.9": `
      log, logger, log level, log colors, static, store, resource, heartbeats, heartbeat timeout,
      heartbeat interval, close timeout, polling duration, flash policy server, flash policy port, destroy
      upgrade, destroy buffer size, match origin protocol, browser client, browser client etag,
      authorization, client store expiration, blacklist
    `,
    "the client": `
      forceNew, multiplex, hostname, host, port, secure, query, auth, agent, upgrade, forceBase64,
      timestampRequests, timestampParam, rememberUpgrade, onlyBinaryUpgrades, policyPort, protocols,
      transportOptions, tryAllTransports, closeOnBeforeunload, autoUnref, useNativeTimers, extraHeaders,
      withCredentials, timeout, reconnection, reconnectionAttempts, reconnectionDelay, autoConnect,
      randomizationFactor, retries, ackTimeout, enablesXDR, localAddress
    `,
    "the ws package": `
      server, noServer, backlog, clientTracking, handleProtocols, verifyClient, maxPayload, autoPong,
      skipUTF8Validation, allowSynchronousEvents, WebSocket, closeTimeout, maxFragments
    `,
    "node:http, node:https and node:tls": `
      key, cert, ca, pfx, passphrase, ciphers, requestCert, rejectUnauthorized, keepAlive, noDelay,
      maxHeaderSize, requestTimeout, headersTimeout, keepAliveTimeout, insecureHTTPParser, exclusive,
      backlog, signal, ipv6Only, readableAll, allowHTTP1, minVersion, maxVersion, fd
    `,
    "NestJS, Fastify, Feathers, Sails and others": `
      namespace, middlewares, prefix, logLevel, preClose, hooks, beforeConnect, afterDisconnect,
      adapterModule, adapterOptions, onlyAllowOrigins, sendResponseHeaders, grant3rdPartyCookie, init,
      redis, routes, admin, client, options, config, env, url, name, id, debug, enabled, type, plugins,
      proxy, session, rooms, events, emitter, pubClient, subClient, sticky, workers, heartbeatInterval,
      heartbeatTimeout, requestsTimeout, publishOnSpecificResponseChannel, root, secret,
      connectionTimeout, origin, credentials, methods, allowedHeaders, maxConnections, socket
    `,
  };
  for (const [owner, list] of Object.entries(ofOthers)) {
    const names = list.split(",").map((name) => name.trim().replace(/\s+/g, " "));
    it(`of ${owner} are passed on, even if they are similar to an option of the library`, () => {
      const options = Object.fromEntries(names.map((name) => [name, 1]));
      expect(Object.keys(checkOptions(options as never)).sort()).to.eql([...new Set(names)].sort());
    });
  }

  const misspelt: [options: Record<string, unknown>, name: string, meant: string][] = [
    [{ pingIntervall: 1 }, "pingIntervall", "pingInterval"],
    [{ pingTimout: 1 }, "pingTimout", "pingTimeout"],
    [{ pingtimeout: 1 }, "pingtimeout", "pingTimeout"],
    [{ ping_timeout: 1 }, "ping_timeout", "pingTimeout"],
    [{ cor: {} }, "cor", "cors"],
    [{ CORS: {} }, "CORS", "cors"],
    [{ transport: ["websocket"] }, "transport", "transports"],
    [{ allowEio3: true }, "allowEio3", "allowEIO3"],
    [{ maxHTTPBufferSize: 1 }, "maxHTTPBufferSize", "maxHttpBufferSize"],
    [{ maxHttpBuferSiez: 1 }, "maxHttpBuferSiez", "maxHttpBufferSize"],
    [{ conectionStateRecovery: {} }, "conectionStateRecovery", "connectionStateRecovery"],
    [{ allowedOrigin: "*" }, "allowedOrigin", "allowedOrigins"],
    [{ limit: {} }, "limit", "limits"],
    [{ cors: { orign: "*" } }, "cors.orign", "cors.origin"],
    [{ cors: { origins: "*" } }, "cors.origins", "cors.origin"],
    [{ cookie: { samesite: "lax" } }, "cookie.samesite", "cookie.sameSite"],
    [{ perMessageDeflate: { treshold: 1 } }, "perMessageDeflate.treshold", "perMessageDeflate.threshold"],
    [{ httpCompression: { treshold: 1 } }, "httpCompression.treshold", "httpCompression.threshold"],
    [
      { connectionStateRecovery: { maxDisconectionDuration: 1 } },
      "connectionStateRecovery.maxDisconectionDuration",
      "connectionStateRecovery.maxDisconnectionDuration",
    ],
    [{ limits: { eventPerSecond: 1 } }, "limits.eventPerSecond", "limits.eventsPerSecond"],
    [
      { slowConsumer: { maxBufferedByte: 1 } },
      "slowConsumer.maxBufferedByte",
      "slowConsumer.maxBufferedBytes",
    ],
  ];
  for (const [options, name, meant] of misspelt) {
    it(`throw an error for ${name}, which is similar to ${meant}`, () => {
      const { message, code } = failureOf(options);
      expect(message).to.be(`There is no option "${name}": did you mean "${meant}"?`);
      expect(code).to.be("INVALID_OPTION");
    });
  }

  it("that are misspelt, but undefined, are ignored", () => {
    checkOptions({ cor: undefined, pingIntervall: null } as never);
  });

  it("throw an error for a misspelt name that an object inherits", () => {
    expect(failureOf(Object.create({ cor: {} })).message).to.contain('"cors"');
  });

  const honest: Record<string, unknown>[] = [
    { cors: true },
    { cors: false },
    { cors: "" },
    { cors: (_req: unknown, done: (error: null, options: object) => void) => done(null, {}) },
    { cors: { origin: "https://app.example", optionSuccessStatus: 200, headers: "x", enabled: true } },
    { cookie: "io" },
    { cookie: true },
    { cookie: { name: "io", path: "/", httpOnly: true, sameSite: "lax", secure: true, maxAge: 1 } },
    { perMessageDeflate: true },
    { perMessageDeflate: { sharedCompression: false } },
    { perMessageDeflate: { zlibDeflateOptions: { level: 1 }, memLevel: 5 } },
    { httpCompression: false },
    { transports: ["websocket"] },
    { transports: ["websocket", "flashsocket", "htmlfile", "xhr-polling", "jsonp-polling"] },
    { path: "/" },
    { path: "/ws/" },
    { connectionStateRecovery: { somethingOfAnAdapter: 1 } },
    { maxBufferedChunks: 1, httpRequestBodyTimeout: 1 },
    { compression: 1, idleTimeout: 60, maxBackpressure: 1 },
  ];
  for (const options of honest) {
    it(`may be ${inspect(options, { depth: 3, breakLength: Number.POSITIVE_INFINITY })}, as with the reference server`, () => {
      checkOptions(options as never);
    });
  }

  it('accept "*" for cors as all origins', () => {
    expect(checkOptions({ cors: "*" } as never)).to.eql({ cors: { origin: "*" } });
  });
});
