/** The transports of Socket.IO 0.x, and those of today that are used instead; the numbers are the rows of docs/legacy.md. */
import expect from "expect.js";
import { stopClock } from "../support/clock";
import { legacyClient, next, startLegacy } from "../support/legacy";
import { ownSuite } from "../support/own-tests";
import { warningsOf } from "../support/process-warnings";

ownSuite("the transports of Socket.IO 0.x", () => {
  it("warns once of each transport in the list that no longer exists, on both sides [L4, L5, L7]", async () => {
    const warnings = await warningsOf(`
      const { listen } = require("./test/support/legacy.ts").legacy;
      const { Socket } = require("./test/support/legacy.ts").legacyClient;
      const { createServer } = require("node:http");
      for (const _ of [1, 2]) {
        listen(createServer(), { log: false });
        new Socket();
        listen(createServer(), { log: false, transports: ["websocket", "flashsocket"] });
        new Socket("localhost", { transports: ["htmlfile", "xhr-multipart", "jsonp-polling"] });
      }`);
    expect(warnings.map(({ code }) => code)).to.eql(Array(3).fill("SOCKET_IO_LEGACY_TRANSPORT"));
    expect(warnings.map(({ message }) => message.split(";")[0])).to.eql([
      'The transport "flashsocket" no longer exists, so "websocket" is used instead',
      'The transport "htmlfile" no longer exists, so "sse" is used instead',
      'The transport "xhr-multipart" no longer exists, so "sse" is used instead',
    ]);
  });

  for (const [name, carrier] of [
    ["flashsocket", "websocket"],
    ["htmlfile", "sse"],
    ["xhr-multipart", "sse"],
    ["jsonp-polling", "polling"],
  ] as const) {
    it(`uses ${carrier} for ${name} [L4, L5, L7]`, async () => {
      const { pair, listener } = await startLegacy({ transports: [name] });
      const { socket } = await pair({ transports: [name] });
      expect(socket.transport).to.eql({ type: name, name: carrier });
      expect(listener.options.transports).to.eql([name]);
    });
  }

  it("refuses an unknown transport", () => {
    expect(() => new legacyClient.Socket("localhost", { transports: ["pigeon"] as never })).to.throwException(
      (error: any) => {
        expect(error.code).to.be("INVALID_OPTION");
        expect(error.message).to.contain('got "pigeon"');
      },
    );
  });

  it("takes the next transport of the list if one fails [L9]", async () => {
    const { pair, lines } = await startLegacy({ transports: ["xhr-polling"] });
    const { socket } = await pair();
    expect(socket.transport.type).to.be("xhr-polling");
    expect(lines).to.contain('Illegal transport "websocket"');
  });

  it("takes the next transport of the list if a proxy cuts one [L9]", async () => {
    const { pair, httpServer } = await startLegacy();
    httpServer.removeAllListeners("upgrade");
    httpServer.on("upgrade", (_req, connection) => connection.destroy());
    const { socket } = await pair({ transports: ["websocket", "flashsocket", "xhr-polling"] });
    expect(socket.transport.type).to.be("xhr-polling");
  });

  it("takes the next transport of the list if one gets no answer within 10 seconds [L9]", async () => {
    const clock = stopClock({ shortest: 1_000 });
    const { socket, httpServer } = await startLegacy();
    const asked = new Promise((resolve) => {
      httpServer.removeAllListeners("upgrade");
      httpServer.on("upgrade", resolve);
    });
    const one = socket({ transports: ["websocket", "xhr-polling"] });
    const connected = next(one, "connect");
    one.connect();
    await asked;
    clock.tick(9_999);
    expect(one.transport.type).to.be("websocket");
    clock.tick(1);
    await connected;
    expect(one.transport.type).to.be("xhr-polling");
  });

  it("tries the transports in the order of the list [L17]", async () => {
    const { pair } = await startLegacy();
    expect((await pair({ transports: ["xhr-polling", "websocket"] })).socket.transport.type).to.be(
      "xhr-polling",
    );
    expect((await pair({ transports: ["websocket", "xhr-polling"] })).socket.transport.type).to.be(
      "websocket",
    );
  });

  it("gives options of a transport to this transport only [L18]", async () => {
    const { pair } = await startLegacy();
    const transportOptions = {
      websocket: { extraHeaders: { "x-way": "websocket" } },
      "xhr-polling": { extraHeaders: { "x-way": "polling" } },
    };
    for (const [way, header] of [
      ["websocket", "websocket"],
      ["xhr-polling", "polling"],
      ["flashsocket", undefined],
    ] as const) {
      const { client } = await pair({ transports: [way], transportOptions });
      expect([way, client.request.headers["x-way"]]).to.eql([way, header]);
    }
  });
});
