import expect from "expect.js";
import { ownSuite } from "../support/own-tests";
import { warningsOf } from "../support/process-warnings";

ownSuite("process warnings", () => {
  it("are emitted once if the option origins of version 2 is ignored, and name its replacements", async () => {
    const [warning, ...others] = await warningsOf(`
      new Server({ origins: "*:*" });
      new Server({ origins: (origin, callback) => callback(null, true) });
    `);
    expect(warning.code).to.be("SOCKET_IO_ORIGINS_IGNORED");
    expect(warning.message).to.contain('"allowedOrigins"');
    expect(others).to.eql([]);
  });

  it("name the event with more attachments than a client accepts, and their number", async () => {
    const warnings = await warningsOf(`
      const bytes = (count) => Array.from({ length: count }, (_, index) => Buffer.from([index]));
      for (const options of [{}, { connectionStateRecovery: {} }]) {
        const { io, pair } = await startServer(options);
        const { client, socket } = await pair("/");
        socket.emit("ten", bytes(10));
        await nextValue(client, "ten");
        const left = nextValue(socket, "disconnect");
        socket.emit("album", bytes(11));
        if ((await left) !== "transport close") throw new Error(await left);
        io.emit("another album", bytes(20));
      }
    `);
    expect(warnings.map(({ code }) => code)).to.eql(["SOCKET_IO_TOO_MANY_ATTACHMENTS"]);
    expect(warnings[0].message).to.contain('The event "album" has 11 attachments');
    expect(warnings[0].message).to.contain("10");
  });

  it("name the option with which a client of version 2 would be accepted", async () => {
    const warnings = await warningsOf(`
      const { connectV2 } = require("./test/support/v2-client.ts");
      for (const transport of ["polling", "websocket"]) {
        const { url } = await startServer();
        await fetch(url + "/socket.io/?transport=polling");
        if (warnings.length > 0 && transport === "polling") throw new Error("not a client");
        await nextValue(connectV2(url, { transports: [transport] }), "connect_error");
      }
    `);
    expect(warnings.map(({ code }) => code)).to.eql(["SOCKET_IO_V2_CLIENT_REFUSED"]);
    expect(warnings[0].message).to.contain('"allowEIO3"');
  });

  it("name each namespace whose adapter cannot be initialised, and the server continues", async () => {
    const warnings = await warningsOf(`
      const { Adapter } = require("./test/support/subject.ts").subject;
      class Unreachable extends Adapter {
        async init() {
          throw new Error("no broker");
        }
      }
      const { io, pair } = await startServer({ adapter: Unreachable });
      io.of("/chat");
      await pair("/chat");
    `);
    expect(warnings.map(({ code }) => code)).to.eql([
      "SOCKET_IO_ADAPTER_INIT_FAILED",
      "SOCKET_IO_ADAPTER_INIT_FAILED",
    ]);
    expect(
      warnings.map(({ message }) => message.match(/namespace "(.*)" failed: Error: no broker/)?.[1]),
    ).to.eql(["/", "/chat"]);
  });

  const wrongOrigins: Record<string, string> = {
    '"http://localhost:5173/"': '"http://localhost:5173"',
    '["https://a.example", "https://App.example:443"]': '"https://app.example"',
    '["*"]': '"*" without the list',
    '"https://a.example,https://b.example"': "each origin as a separate string",
  };
  for (const [origin, instead] of Object.entries(wrongOrigins)) {
    it(`suggest a replacement for cors: { origin: ${origin} }, which matches no page`, async () => {
      const warnings = await warningsOf(`new Server({ cors: { origin: ${origin} } });`);
      expect(warnings.map(({ code }) => code)).to.eql(["SOCKET_IO_CORS_ORIGIN"]);
      expect(warnings[0].message).to.contain(instead);
    });
  }

  it("are not emitted for origins in cors that a page can have", async () => {
    const warnings = await warningsOf(`
      const texts = ["*", "", "null", "http://localhost:5173", "https://app.example", "capacitor://localhost"];
      for (const origin of [...texts, texts.slice(1), true, false, /example/, [/example/], undefined, (_, done) => done()]) {
        new Server({ cors: { origin } });
      }
      for (const cors of [true, false, "*", "", null, undefined, () => ({})]) {
        new Server({ cors });
      }
    `);
    expect(warnings).to.eql([]);
  });
});
