import expect from "expect.js";
import { subjectName } from "../support/subject";
import { warningsOf } from "../support/warnings";

(subjectName === "reference" ? describe.skip : describe)("process warnings", () => {
  it("say once that the option origins of version 2 is ignored, and which options take its place", async () => {
    const [warning, ...others] = await warningsOf(`
      new Server({ origins: "*:*" });
      new Server({ origins: (origin, callback) => callback(null, true) });
    `);
    expect(warning.code).to.be("SOCKET_IO_ORIGINS_IGNORED");
    expect(warning.message).to.contain('"allowedOrigins"');
    expect(others).to.eql([]);
  });

  it("name the event with more attachments than a client takes, and how many that are", async () => {
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

  it("name the option with which a client of version 2 would have been let in", async () => {
    const warnings = await warningsOf(`
      const { connectV2 } = require("./test/support/v2.ts");
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
});
