import { createServer } from "node:http";
import expect from "expect.js";
import { type AskOptions, ask, askUpgrade } from "../support/http";
import { protocol3Refused } from "../support/refusals";
import { listen, type Running, startServer } from "../support/server";
import { Server } from "../support/subject";
import { eventually, nextEvent, nextValue } from "../support/waiting";
import { connectWire, openPolling, openWire } from "../support/wire";

interface Refusal {
  code: number;
  message: string;
  context: any;
  req: any;
}

/** Collects the `connection_error` events of a server. */
function recordRefusals({ io }: Running): Refusal[] {
  const refusals: Refusal[] = [];
  io.engine.on("connection_error", (refusal: Refusal) => refusals.push(refusal));
  return refusals;
}

async function refusedRequest(running: Running, query: string, options?: AskOptions) {
  const answer = await ask(`${running.url}/socket.io/?${query}`, options);
  expect(answer.headers["content-type"]).to.be("application/json");
  return { status: answer.status, ...JSON.parse(answer.text) };
}

/** The response to an upgrade request, as text. */
async function refusedUpgrade(running: Running, query: string, headers?: Record<string, string>) {
  const upgrade = await askUpgrade(running.port, `/socket.io/?${query}`, headers);
  await upgrade.ended;
  return upgrade.received().toString("latin1");
}

/** The complete response to an upgrade request that is refused. */
function plainRefusal(message: string): string {
  return [
    "HTTP/1.1 400 Bad Request",
    "Connection: close",
    "Content-type: text/html",
    `Content-Length: ${message.length}`,
    "",
    message,
  ].join("\r\n");
}

const POLLING = "EIO=4&transport=polling";
const WEBSOCKET = "EIO=4&transport=websocket";

describe("a request that is refused", () => {
  const unknownTransport = { status: 400, code: 0, message: "Transport unknown" };

  it("without a transport, or with an unknown one, has code 0 [28]", async () => {
    const running = await startServer();
    expect(await refusedRequest(running, "EIO=4")).to.eql(unknownTransport);
    expect(await refusedRequest(running, "EIO=4&transport=tobi")).to.eql(unknownTransport);
    expect(await refusedRequest(running, "EIO=4&transport=webtransport")).to.eql(unknownTransport);
  });

  it("with a disabled transport has code 0 [28]", async () => {
    const webSocketOnly = await startServer({ transports: ["websocket"] });
    expect(await refusedRequest(webSocketOnly, POLLING)).to.eql(unknownTransport);
  });

  it("with an unknown or expired session id has code 1 [28]", async () => {
    const running = await startServer();
    const refusal = { status: 400, code: 1, message: "Session ID unknown" };
    expect(await refusedRequest(running, `${POLLING}&sid=abc`)).to.eql(refusal);
    expect(await refusedRequest(running, `${POLLING}&sid=abc`, { method: "POST" })).to.eql(refusal);
    const wire = await openPolling(running.url);
    await wire.post("1");
    expect(await refusedRequest(running, `${POLLING}&sid=${wire.opened.sid}`)).to.eql(refusal);
  });

  for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
    it(`to open a connection with ${method} has code 2 [28]`, async () => {
      const running = await startServer();
      const refusal = await refusedRequest(running, POLLING, { method });
      expect(refusal).to.eql({ status: 400, code: 2, message: "Bad handshake method" });
    });
  }

  const badRequest = { status: 400, code: 3, message: "Bad request" };

  it("for a WebSocket without an upgrade has code 3 [28]", async () => {
    expect(await refusedRequest(await startServer(), WEBSOCKET)).to.eql(badRequest);
  });

  it("that polls a session of a WebSocket has code 3 [28]", async () => {
    const running = await startServer();
    const wire = await openWire(running.url);
    expect(await refusedRequest(running, `${POLLING}&sid=${wire.opened.sid}`)).to.eql(badRequest);
    expect(await wire.join()).to.match(/^40/);
  });

  it("by allowRequest has code 4, status 403 and the given message [28]", async () => {
    const running = await startServer({ allowRequest: (_req, done) => done("not you", false) });
    const refusal = { status: 403, code: 4, message: "not you" };
    expect(await refusedRequest(running, POLLING)).to.eql(refusal);
  });

  it("by allowRequest without a message has the message Forbidden [28]", async () => {
    const running = await startServer({ allowRequest: (_req, done) => done(null, false) });
    const refusal = { status: 403, code: 4, message: "Forbidden" };
    expect(await refusedRequest(running, POLLING)).to.eql(refusal);
  });

  it("with a protocol other than 4, or without one, has code 5 [28]", async () => {
    const running = await startServer();
    const refusal = { status: 400, code: 5, message: "Unsupported protocol version" };
    for (const query of ["EIO=5&", ""]) {
      expect(await refusedRequest(running, `${query}transport=polling`)).to.eql(refusal);
    }
    expect(await refusedRequest(running, "EIO=3&transport=polling")).to.eql({
      ...refusal,
      message: protocol3Refused,
    });
  });

  it("with a method other than GET and POST, in a session, is answered with an empty 500, and does not affect the session [28]", async () => {
    const running = await startServer();
    const wire = await openPolling(running.url);
    const answer = await ask(wire.address, { method: "PUT" });
    expect([answer.status, answer.text]).to.eql([500, ""]);
    expect(await wire.join()).to.match(/^40/);
  });

  it("opens no connection: clientsCount is unchanged, and no connection event is emitted [28]", async () => {
    const running = await startServer();
    let connections = 0;
    running.io.engine.on("connection", () => connections++);
    await refusedRequest(running, "EIO=4&transport=tobi");
    await refusedRequest(running, "EIO=3&transport=polling");
    expect(running.io.engine.clientsCount).to.be(0);
    expect(connections).to.be(0);
  });
});

describe("an upgrade request that is refused", () => {
  it("is answered with 400 and the message as text, for each reason [29]", async () => {
    const running = await startServer();
    const { sid } = (await openPolling(running.url)).opened;
    expect(await refusedUpgrade(running, "EIO=4")).to.be(plainRefusal("Transport unknown"));
    expect(await refusedUpgrade(running, "EIO=4&transport=tobi")).to.be(plainRefusal("Transport unknown"));
    expect(await refusedUpgrade(running, `${WEBSOCKET}&sid=abc`)).to.be(plainRefusal("Session ID unknown"));
    const otherProtocol = await refusedUpgrade(running, `EIO=3&transport=websocket&sid=${sid}`);
    expect(otherProtocol).to.be(plainRefusal("Bad request"));
  });

  it("is answered with 400 and the message of allowRequest [29]", async () => {
    const allowRequest = (req: any, done: any) => done(req._query.why ?? null, false);
    const running = await startServer({ allowRequest });
    expect(await refusedUpgrade(running, `${WEBSOCKET}&why=full`)).to.be(plainRefusal("full"));
    expect(await refusedUpgrade(running, WEBSOCKET)).to.be(plainRefusal("Forbidden"));
  });

  it("is an unexpected 400 for a client [29]", async () => {
    const { url } = await startServer({ allowRequest: (_req, done) => done("no", false) });
    const refused = await connectWire(url).catch((error: Error) => error.message);
    expect(refused).to.be("Unexpected server response: 400");
  });

  it("for its protocol version opens the WebSocket first, and then closes it [29]", async () => {
    const running = await startServer();
    const answer = await refusedUpgrade(running, "EIO=3&transport=websocket");
    expect(answer).to.match(/^HTTP\/1\.1 101 Switching Protocols\r\n/);
    expect(answer).to.contain(plainRefusal("Unsupported protocol version"));
    const wire = await connectWire(running.url, "EIO=3");
    expect(await wire.closed).to.be(1006);
  });

  it("since the client disconnects before allowRequest has decided has no effect on others [29]", async () => {
    let refuse: ((message: string, allowed: boolean) => void) | undefined;
    const running = await startServer({
      allowRequest: (_req, done) => {
        refuse = done;
      },
    });
    const upgrade = await askUpgrade(running.port, `/socket.io/?${WEBSOCKET}`);
    await eventually(() => refuse);
    upgrade.socket.resetAndDestroy();
    await nextEvent(upgrade.socket, "close");
    const refusals = recordRefusals(running);
    refuse?.("too late", false);
    expect(refusals.map(({ message }) => message)).to.eql(["Forbidden"]);
    expect((await refusedRequest(running, "EIO=4")).code).to.be(0);
  });
});

describe("connection_error", () => {
  it("has the request, the code, the message and the context [30]", async () => {
    const running = await startServer();
    const refused = nextValue<Refusal>(running.io.engine, "connection_error");
    await refusedRequest(running, "EIO=4&transport=tobi");
    const { req, ...rest } = await refused;
    expect(req.url).to.be("/socket.io/?EIO=4&transport=tobi");
    expect(req._query.transport).to.be("tobi");
    expect(rest).to.eql({ code: 0, message: "Transport unknown", context: { transport: "tobi" } });
  });

  it("has the reason, for requests and for upgrade requests [30]", async () => {
    const allowRequest = (req: any, done: any) => done("why", req._query.allowed === "1");
    const running = await startServer({ allowRequest });
    const refusals = recordRefusals(running);
    for (const refuse of [refusedRequest, refusedUpgrade]) {
      await refuse(running, "EIO=4&transport=tobi");
      await refuse(running, `${WEBSOCKET}&sid=abc`);
      await refuse(running, WEBSOCKET, undefined);
      await refuse(running, "EIO=3&transport=websocket&allowed=1");
    }
    await refusedRequest(running, POLLING, { method: "POST" });
    await refusedRequest(running, POLLING);
    await refusedRequest(running, "transport=polling&allowed=1");
    const told = refusals.map(({ req: _, ...rest }) => rest);
    const transport = { code: 0, message: "Transport unknown", context: { transport: "tobi" } };
    const session = { code: 1, message: "Session ID unknown", context: { sid: "abc" } };
    const noUpgrade = { code: 3, message: "Bad request", context: { name: "TRANSPORT_HANDSHAKE_ERROR" } };
    const forbidden = { code: 4, message: "Forbidden", context: { message: "why" } };
    const version = { code: 5, message: "Unsupported protocol version", context: { protocol: 3 } };
    expect(told).to.eql([
      ...[transport, session, noUpgrade, noUpgrade],
      ...[transport, session, forbidden, version],
      { code: 2, message: "Bad handshake method", context: { method: "POST" } },
      forbidden,
      version,
    ]);
  });

  it("is TRANSPORT_MISMATCH when a WebSocket session is polled [30]", async () => {
    const running = await startServer();
    const refusals = recordRefusals(running);
    const { sid } = (await openWire(running.url)).opened;
    await refusedRequest(running, `${POLLING}&sid=${sid}`);
    expect(refusals[0].code).to.be(3);
    expect(refusals[0].context).to.eql({
      name: "TRANSPORT_MISMATCH",
      transport: "polling",
      previousTransport: "websocket",
    });
  });

  it("is PROTOCOL_MISMATCH when a session continues with another protocol [30]", async () => {
    const running = await startServer({ allowEIO3: true });
    const refusals = recordRefusals(running);
    const newer = await openPolling(running.url);
    const older = await openPolling(running.url, "EIO=3");
    await refusedRequest(running, `EIO=3&transport=polling&sid=${newer.opened.sid}`);
    await refusedUpgrade(running, `EIO=3&transport=websocket&sid=${newer.opened.sid}`);
    await refusedUpgrade(running, `EIO=4&transport=websocket&sid=${older.opened.sid}`);
    expect(refusals.map(({ code }) => code)).to.eql([3, 3, 3]);
    const name = "PROTOCOL_MISMATCH";
    expect(refusals.map(({ context }) => context)).to.eql([
      { name, protocol: 3, previousProtocol: 4 },
      { name, protocol: 3, previousProtocol: 4 },
      { name, protocol: 4, previousProtocol: 3 },
    ]);
    expect(await newer.join()).to.match(/^40/);
  });

  it("is INVALID_ORIGIN for an origin that contains invalid characters, which is removed [30]", async () => {
    // only lenient HTTP parsers accept such a header
    const httpServer = createServer({ insecureHTTPParser: true });
    const running = await listen(new Server(httpServer), httpServer);
    const refusals = recordRefusals(running);
    const answer = await refusedUpgrade(running, WEBSOCKET, { Origin: "http://a\x7fb" });
    expect(answer).to.be(plainRefusal("Bad request"));
    expect(refusals[0].code).to.be(3);
    expect(refusals[0].context).to.eql({ name: "INVALID_ORIGIN", origin: "http://a\x7fb" });
    expect(refusals[0].req.headers.origin).to.be(null);
  });

  it("is TRANSPORT_HANDSHAKE_ERROR for a transport that cannot be created [30]", async () => {
    const running = await startServer({ transports: ["polling", "pigeon" as any] });
    const refusals = recordRefusals(running);
    const refusal = await refusedRequest(running, "EIO=4&transport=pigeon");
    expect(refusal).to.eql({ status: 400, code: 3, message: "Bad request" });
    expect(refusals[0].context.name).to.be("TRANSPORT_HANDSHAKE_ERROR");
    expect(refusals[0].context.error).to.be.a(TypeError);
  });

  it("is ID_GENERATION_ERROR when generateId throws or rejects [30, 33]", async () => {
    const running = await startServer();
    const refusals = recordRefusals(running);
    const thrown = new Error("no more ids");
    running.io.engine.generateId = () => {
      throw thrown;
    };
    expect((await refusedRequest(running, POLLING)).code).to.be(3);
    running.io.engine.generateId = (() => Promise.reject(thrown)) as any;
    expect((await refusedRequest(running, POLLING)).code).to.be(3);
    const wire = await connectWire(running.url);
    expect(await wire.closed).to.be(1006);
    expect(refusals.map(({ code }) => code)).to.eql([3, 3, 3]);
    for (const { context } of refusals) {
      expect(context).to.eql({ name: "ID_GENERATION_ERROR", error: thrown });
    }
    expect(running.io.engine.clientsCount).to.be(0);
  });

  it("is MIDDLEWARE_FAILURE when a middleware of the engine fails [30, 32]", async () => {
    const running = await startServer();
    const refusals = recordRefusals(running);
    running.io.engine.use((_req: unknown, _res: unknown, next: (err: Error) => void) => next(new Error("x")));
    expect(await refusedRequest(running, POLLING)).to.eql({ status: 400, code: 3, message: "Bad request" });
    expect(await refusedUpgrade(running, WEBSOCKET)).to.be(plainRefusal("Bad request"));
    expect(refusals.map(({ code, context }) => [code, context.name])).to.eql([
      [3, "MIDDLEWARE_FAILURE"],
      [3, "MIDDLEWARE_FAILURE"],
    ]);
  });

  it("is not emitted for a client that is accepted [30]", async () => {
    const running = await startServer();
    const refusals = recordRefusals(running);
    const { client } = await running.pair();
    await eventually(() => client.io.engine.transport.name === "websocket");
    expect(refusals).to.eql([]);
  });
});
