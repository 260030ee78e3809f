/** A guard that acts reports one code: to handlers of the server, to the client and on the diagnostics channel. */
import { createServer } from "node:http";
import { Server as Engine } from "engine.io";
import expect from "expect.js";
import type { ServerOptions } from "../../lib";
import { stopClock } from "../support/clock";
import { guardMessages, refusalMessages } from "../support/guard-messages";
import { ask, askHandshake } from "../support/http";
import { ownSuite } from "../support/own-tests";
import { answerOfUpgrade } from "../support/refusals";
import { listen, startServer } from "../support/server";
import { Server } from "../support/subject";
import { nextEvent } from "../support/waiting";
import { openWire } from "../support/wire";

const refusals: [code: string, message: string, options: Partial<ServerOptions>][] = [
  ["ORIGIN_FORBIDDEN", "Pages of this origin may not connect", { allowedOrigins: "https://example.com" }],
  ["CONNECTION_LIMIT", "There are too many connections", { limits: { connections: 1 } }],
  [
    "ADDRESS_LIMIT",
    "There are too many connections from this address",
    { limits: { connectionsPerAddress: 1 } },
  ],
  ["HANDSHAKE_RATE", "This address opens connections too fast", { limits: { handshakesPerSecond: 1 } }],
];

const headers = { origin: "https://evil.example" };

function recordErrors({ engine }: { engine: any }): any[] {
  const errors: any[] = [];
  engine.on("connection_error", (error: any) => errors.push(error));
  return errors;
}

ownSuite("a handshake that a guard refuses", () => {
  for (const [code, message, options] of refusals) {
    it(`has the code ${code} in connection_error and on the channel, with the same request, and the message at the client`, async () => {
      stopClock();
      const running = await startServer({ ...options, transports: ["polling", "websocket", "sse"] });
      await openWire(running.url);
      const errors = recordErrors(running.io);
      const told = refusalMessages(running);
      const answer = await askHandshake(running.url, { headers });
      expect([answer.status, JSON.parse(answer.text)]).to.eql([403, { code: 4, message }]);
      const upgrade = await answerOfUpgrade(running.port, undefined, headers);
      expect(upgrade.status).to.be(400);
      expect(upgrade.text).to.contain(message);
      const stream = await ask(`${running.url}/socket.io/?EIO=4&transport=sse`, { headers });
      expect([stream.status, JSON.parse(stream.text)]).to.eql([403, { code: 4, message }]);
      expect(errors.map((error) => [error.code, error.message, error.context.name])).to.eql(
        Array(3).fill([4, "Forbidden", code]),
      );
      expect(told.map((told) => told.code)).to.eql([code, code, code]);
      for (const [index, { detail }] of told.entries()) {
        expect(detail).to.be(errors[index].req);
      }
    });
  }

  it("has the same codes and the same request, if the connection was open already", async () => {
    const httpServer = createServer();
    const engine = new Engine();
    engine.attach(httpServer, { path: "/socket.io/" });
    const io = new Server({ limits: { connections: 1 } });
    io.bind(engine as never);
    const running = await listen(io, httpServer);
    const errors = recordErrors(io);
    const told = guardMessages(io);
    await openWire(running.url);
    await (await openWire(running.url)).closed;
    expect(errors.map(({ code, context }) => [code, context.name])).to.eql([[4, "CONNECTION_LIMIT"]]);
    expect(told.map(({ code }) => code)).to.eql(["CONNECTION_LIMIT"]);
    expect(told[0].detail).to.be(errors[0].req);
  });
});

ownSuite("a connection that a guard closes", () => {
  it("has the code in disconnect at both sides and on the channel, with the same socket's connection", async () => {
    const { io, pair } = await startServer({ limits: { eventsPerSecond: 5, burst: 1 } });
    const told = guardMessages(io);
    const { client, socket } = await pair("/", { transports: ["websocket"], reconnection: false });
    const ends = [nextEvent(client, "disconnect"), nextEvent(socket, "disconnect")];
    for (let i = 0; i < 100; i++) {
      client.emit("flood");
    }
    const [[, details], [, description]] = await Promise.all(ends);
    expect([details.context.reason, description.code]).to.eql(["EVENT_RATE", "EVENT_RATE"]);
    expect(told.map(({ code, conn }) => [code, conn])).to.eql([["EVENT_RATE", socket.conn]]);
  });
});

ownSuite("a namespace that a guard refuses", () => {
  it("has the code in connect_error and on the channel", async () => {
    const { io, pair } = await startServer({ limits: { namespacesPerClient: 1 } });
    io.of("/chat");
    const told = guardMessages(io);
    const { client } = await pair();
    const chat = client.io.socket("/chat");
    const [{ data }] = await nextEvent(chat, "connect_error");
    expect(data.code).to.be("NAMESPACE_LIMIT");
    expect(told.map(({ code }) => code)).to.eql(["NAMESPACE_LIMIT"]);
  });
});
