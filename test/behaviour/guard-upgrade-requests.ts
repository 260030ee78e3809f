import expect from "expect.js";
import { startCpuTime } from "../support/cpu-time";
import { honestClient } from "../support/honest-client";
import { askHandshake, openOf, sendRaw, upgradeRequest } from "../support/http";
import { NAMES } from "../support/malformed-input";
import { type Running, startServer } from "../support/server";
import { eventually } from "../support/waiting";
import { clientFrame } from "../support/websocket-frames";
import { openWire } from "../support/wire";

const TARGET = "/socket.io/?EIO=4&transport=websocket";

/** Sends bytes over a new TCP connection, and resolves with the response: until its first empty line, or until the end. */
async function exchange({ port }: Running, ...parts: (string | Buffer)[]): Promise<string> {
  const bytes = Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  const { socket, received } = await sendRaw(port, bytes);
  await eventually(() => received().includes("\r\n\r\n") || socket.closed || socket.readableEnded);
  socket.destroy();
  return received().toString("latin1");
}

describe("an upgrade request", () => {
  const upgrade = ["Connection: Upgrade", "Upgrade: websocket"];
  const key = ["Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="];
  const many = Array.from({ length: 2_000 }, (_, index) => `${index.toString(36)}:`);

  for (const [where, lines] of [
    ["before those of the upgrade", [...many, ...upgrade, ...key]],
    ["between those of the upgrade", [...upgrade, ...many, ...key]],
    ["after those of the upgrade", [...upgrade, ...key, ...many]],
  ] as const) {
    it(`with more headers than Node.js reads, ${where}, does not affect others [29]`, async () => {
      const running = await startServer();
      const isServed = await honestClient(running);
      await exchange(running, `GET ${TARGET} HTTP/1.1\r\nHost: localhost\r\n${lines.join("\r\n")}\r\n\r\n`);
      await isServed();
    });
  }

  for (const perMessageDeflate of [false, true]) {
    it(`with extensions or parameters named like members of objects is answered, with perMessageDeflate: ${perMessageDeflate} [17, 29]`, async () => {
      const running = await startServer({ perMessageDeflate });
      const isServed = await honestClient(running);
      for (const name of NAMES) {
        for (const offered of [
          name,
          `,;${name}`,
          `permessage-deflate; ${name}`,
          `permessage-deflate; ${name}=1`,
        ]) {
          const response = await exchange(
            running,
            upgradeRequest(TARGET, { "Sec-WebSocket-Extensions": offered }),
          );
          expect(response).to.match(/^HTTP\/1\.1 (101|400) /);
        }
      }
      await isServed();
    });
  }

  it("with blanks in Sec-WebSocket-Protocol takes no more time than with letters [29]", async () => {
    const running = await startServer();
    const isServed = await honestClient(running);
    const cpuTimeOf = async (character: string) => {
      const protocol = `a${character.repeat(15_000)}b`;
      const request = upgradeRequest(TARGET, { "Sec-WebSocket-Protocol": protocol });
      const cpuTime = startCpuTime();
      for (let i = 0; i < 20; i++) {
        expect(await exchange(running, request)).to.match(/^HTTP\/1\.1 (101|400) /);
      }
      return cpuTime();
    };
    await cpuTimeOf("x");
    const letters = await cpuTimeOf("x");
    expect(await cpuTimeOf(" ")).to.be.below(10 * letters);
    await isServed();
  });

  const INVALID_FRAME = clientFrame(0xb1, Buffer.from("x"));

  for (const [what, query] of Object.entries<(running: Running) => Promise<string> | string>({
    "a new session": () => "EIO=4",
    "a session that is upgraded": async ({ url }) => `EIO=4&sid=${openOf(await askHandshake(url)).sid}`,
    "a session that has a WebSocket": async ({ url }) => `EIO=4&sid=${(await openWire(url)).opened.sid}`,
    "an unknown session": () => "EIO=4&sid=unknown",
    "an unsupported protocol": () => "EIO=3",
  })) {
    it(`for ${what}, with an invalid frame right behind it, does not affect others [29, 39]`, async () => {
      const running = await startServer();
      const isServed = await honestClient(running);
      const target = `/socket.io/?transport=websocket&${await query(running)}`;
      await exchange(running, upgradeRequest(target), INVALID_FRAME);
      await isServed();
    });
  }
});
