import { createServer } from "node:http";
import { Server as Engine } from "engine.io";
import expect from "expect.js";
import type { ServerOptions } from "../../lib";
import { ownSuite } from "../support/own-tests";
import { listen, startServer } from "../support/server";
import { Server } from "../support/subject";
import { eventually, nextEvent, nextValue } from "../support/waiting";
import { openPolling, openWire } from "../support/wire";

/** Ways to make a guard close a connection, with the required options. */
const closings: Record<string, { options?: Partial<ServerOptions>; sent: string[] }> = {
  EVENT_RATE: { options: { limits: { eventsPerSecond: 1, burst: 1 } }, sent: Array(9).fill('42["x"]') },
  PAYLOAD_TOO_DEEP: { options: { maxPayloadDepth: 2 }, sent: ['42["x",[[1]]]'] },
  TOO_MANY_ARGUMENTS: { sent: [`42["x"${",1".repeat(10_001)}]`] },
};

ownSuite("a client that is closed by a guard", () => {
  for (const [code, { options, sent }] of Object.entries(closings)) {
    it(`receives ${code} as the reason in the close frame of its WebSocket [security 6]`, async () => {
      const { url } = await startServer(options);
      const wire = await openWire(url);
      await wire.join();
      const closed = nextEvent(wire.ws, "close");
      wire.send(...sent);
      const [status, reason] = await closed;
      expect([status, String(reason)]).to.eql([1008, code]);
    });

    it(`receives ${code} in the close packet of its poll [security 6]`, async () => {
      const { url, io } = await startServer(options);
      const wire = await openPolling(url);
      await wire.join();
      const [socket] = io.of("/").sockets.values();
      const left = nextValue(socket as any, "disconnect");
      const polled = wire.poll();
      await wire.post(sent.join("\x1e")).catch(() => {});
      await left;
      expect(await polled).to.contain(`1${code}`);
    });
  }

  it("receives the code also if it polls only afterwards [security 6]", async () => {
    const { url, io } = await startServer(closings.PAYLOAD_TOO_DEEP.options);
    const wire = await openPolling(url);
    await wire.join();
    const [socket] = io.of("/").sockets.values();
    const left = nextValue(socket as any, "disconnect");
    await wire.post(closings.PAYLOAD_TOO_DEEP.sent[0] as string).catch(() => {});
    await left;
    expect(await wire.poll()).to.contain("1PAYLOAD_TOO_DEEP");
  });

  for (const transport of ["polling", "websocket"]) {
    it(`emits "transport close" with a current client, over ${transport} [security 6]`, async () => {
      const running = await startServer(closings.EVENT_RATE.options);
      const { client } = await running.pair("/", { transports: [transport], reconnection: false });
      const left = nextEvent(client, "disconnect");
      for (let i = 0; i < 9; i++) {
        client.emit("x");
      }
      const [reason, details] = await left;
      expect(reason).to.be("transport close");
      if (transport === "websocket") {
        expect([details.context.code, details.context.reason]).to.eql([1008, "EVENT_RATE"]);
      }
    });
  }

  it("receives the data that was sent before, over a busy WebSocket too [security 6]", async () => {
    const { url, io } = await startServer(closings.PAYLOAD_TOO_DEEP.options);
    const wire = await openWire(url);
    await wire.join();
    const [socket] = io.of("/").sockets.values();
    const closed = nextEvent(wire.ws, "close");
    for (let i = 0; i < 50; i++) {
      socket.emit("before", i);
    }
    (socket.conn as any).on("packetCreate", () => {});
    socket.emit("before", 50);
    socket.emit("before", 51);
    wire.send(closings.PAYLOAD_TOO_DEEP.sent[0] as string);
    for (let i = 0; i < 52; i++) {
      expect(await wire.next()).to.be(`42["before",${i}]`);
    }
    expect(String((await closed)[1])).to.be("PAYLOAD_TOO_DEEP");
  });

  it("receives the code over protocol 3 too, as clients of version 2 speak [security 6, 85]", async () => {
    const { url, io } = await startServer({ ...closings.EVENT_RATE.options, allowEIO3: true });
    const wire = await openWire(url, "EIO=3");
    const closed = nextEvent(wire.ws, "close");
    wire.send(...(closings.EVENT_RATE.sent as string[]));
    expect(String((await closed)[1])).to.be("EVENT_RATE");
    const polling = await openPolling(url, "EIO=3");
    await eventually(() => io.of("/").sockets.size === 1);
    await polling.next();
    const polled = polling.poll();
    await polling.post(...(closings.EVENT_RATE.sent as string[])).catch(() => {});
    expect(await polled).to.contain("1EVENT_RATE");
  });

  it("receives CONNECTION_LIMIT in the close frame, if an engine that was created elsewhere accepted it [security 6]", async () => {
    const httpServer = createServer();
    const io = new Server({ limits: { connections: 1 } });
    const engine = new Engine();
    engine.attach(httpServer, { path: "/socket.io/" });
    io.bind(engine as never);
    const { url } = await listen(io, httpServer);
    await (await openWire(url)).join();
    const excess = await openWire(url);
    const [status, reason] = await nextEvent(excess.ws, "close");
    expect([status, String(reason)]).to.eql([1008, "CONNECTION_LIMIT"]);
  });
});
