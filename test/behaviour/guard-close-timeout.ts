import expect from "expect.js";
import type { CloseReport } from "../../lib";
import { stopClock } from "../support/clock";
import { messagesAbout } from "../support/guard-messages";
import { askHandshake, askUpgrade } from "../support/http";
import { ownSuite } from "../support/own-tests";
import { type Running, startServer } from "../support/server";
import { halfClosed, unreadResponse, unreadWebSocket } from "../support/stuck-clients";
import { eventually, nextEvent, turn } from "../support/waiting";

const WEBSOCKET = "/socket.io/?EIO=4&transport=websocket";

const options = { pingInterval: 1_000, pingTimeout: 100, limits: { closeTimeoutMs: 2_000 } };

ownSuite("limits.closeTimeoutMs", () => {
  it("is how long the server keeps a response that a client does not read [security 22]", async () => {
    const clock = stopClock({ engine: true });
    const { socket, stream } = await unreadResponse(await startServer(options));
    const left = nextEvent(socket, "disconnect");
    clock.tick(1_100);
    await left;
    clock.tick(1_900);
    expect(stream.destroyed).to.be(false);
    clock.tick(100);
    await eventually(() => stream.destroyed);
  });

  it("is how long the server keeps a WebSocket whose client does not answer the close frame [security 22]", async () => {
    const clock = stopClock({ engine: true });
    const { socket, stream } = await unreadWebSocket(await startServer(options));
    const left = nextEvent(socket, "disconnect");
    socket.conn.close(true);
    await left;
    clock.tick(1_900);
    expect(stream.destroyed).to.be(false);
    clock.tick(100);
    await eventually(() => stream.destroyed);
  });
});

/** The messages about a server that could not be closed in time. */
function closeMessages() {
  return messagesAbout((detail) => Array.isArray((detail as any)?.adapters));
}

/** Clients that do not read, requests that are never decided, and an adapter that does not close. */
async function hang(running: Running) {
  const { io, url, port } = running;
  await halfClosed(running);
  await unreadResponse(running);
  await unreadWebSocket(running);
  let asked = 0;
  io.engine.opts.allowRequest = () => {
    asked++;
  };
  await askUpgrade(port, WEBSOCKET);
  askHandshake(url).catch(() => {});
  await eventually(() => asked === 2);
  const { adapter } = io.of("/hung");
  adapter.close = () => {
    // the test ends with another call of io.close()
    adapter.close = () => {};
    return new Promise<void>(() => {});
  };
}

ownSuite("io.close() with clients, requests and an adapter that hang", () => {
  const cut = { destroyed: 5, adapters: ["/hung"] };
  const ways: Record<string, (io: Running["io"]) => Promise<unknown>> = {
    "io.close()": (io) => io.close(),
    "io.close({})": (io) => io.close({}),
  };
  for (const [how, close] of Object.entries(ways)) {
    it(`ends after 30 seconds for the adapter and closeTimeoutMs, and reports all: ${how} [security 22]`, async () => {
      const running = await startServer({ limits: options.limits });
      await hang(running);
      const told = closeMessages();
      const clock = stopClock({ engine: true });
      let report: unknown;
      const closing = close(running.io).then((result) => {
        report = result;
      });
      await turn();
      clock.tick(30_000);
      // the engines are closed when the adapters have had their time
      await eventually(() => running.io.engine.clientsCount === 0);
      expect(running.httpServer.listening).to.be(false);
      expect(told).to.eql([]);
      clock.tick(2_000);
      await closing;
      expect(told.map(({ code, detail }) => [code, detail])).to.eql([["CLOSE_TIMEOUT", cut]]);
      if (how !== "io.close()") {
        const { destroyed, adapters } = report as CloseReport;
        expect({ destroyed, adapters }).to.eql(cut);
      }
    });
  }

  it("ends at the end of the drain, and reports what was cut [security 22]", async () => {
    const running = await startServer();
    await unreadWebSocket(running);
    await unreadResponse(running);
    const told = closeMessages();
    const clock = stopClock();
    let report: CloseReport | undefined;
    running.io.close({ drain: { timeoutMs: 500 } }).then((result) => {
      report = result;
    });
    // the drain, and one more second
    for (let time = 0; time < 1_500 && !report; time += 100) {
      clock.tick(100);
      await turn();
    }
    expect(report).to.eql({ disconnected: 2, cut: 2, pendingAcks: 0, destroyed: 2, adapters: [] });
    expect(told.map(({ detail }) => detail)).to.eql([{ destroyed: 2, adapters: [] }]);
  });

  it("reports nothing if all clients end in time [security 22]", async () => {
    const running = await startServer();
    const told = closeMessages();
    await running.pair("/", { transports: ["websocket"] });
    await running.pair("/", { transports: ["polling"] });
    const { destroyed, adapters } = await running.io.close({});
    expect([destroyed, adapters]).to.eql([0, []]);
    expect(told).to.eql([]);
  });
});
