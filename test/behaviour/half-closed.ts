import type { Socket as TcpSocket } from "node:net";
import expect from "expect.js";
import type { ServerOptions } from "../../lib";
import { stopClock } from "../support/clock";
import { ownSuite } from "../support/own-tests";
import { startServer } from "../support/server";
import { eventually, nextEvent, nextValue } from "../support/waiting";
import { openWire } from "../support/wire";

interface Kind {
  query: string;
  options?: Partial<ServerOptions>;
  /** A control frame hands the WebSocket over to ws. */
  control?: boolean;
  /** Some of the messages are still being compressed at the end. */
  compresses?: boolean;
}

const kinds: Record<string, Kind> = {
  "protocol 4": { query: "EIO=4" },
  "after a control frame": { query: "EIO=4", control: true },
  "permessage-deflate": {
    query: "EIO=4",
    options: { perMessageDeflate: { zlibDeflateOptions: { level: 1 }, threshold: 1024 } },
    compresses: true,
  },
  "protocol 3": { query: "EIO=3", options: { allowEIO3: true } },
};

/** Joins, stops reading, makes the server send more than the operating system accepts, and ends its side. */
async function halfClose(
  running: Awaited<ReturnType<typeof startServer>>,
  { query, control }: (typeof kinds)[string],
) {
  const { io, url, httpServer } = running;
  const streamed = nextValue<TcpSocket>(httpServer, "connection");
  const connected = nextValue(io, "connection");
  const wire = await openWire(url, query);
  const stream = await streamed;
  if (query === "EIO=4") {
    await wire.join();
  }
  const socket = await connected;
  const left = nextEvent(socket, "disconnect");
  if (control) {
    wire.ws.ping();
    await nextEvent(wire.ws, "pong");
  }
  const tcp = (wire.ws as any)._socket as TcpSocket;
  tcp.pause();
  const noise = Buffer.alloc(1_000_000).map(() => Math.random() * 256);
  for (let i = 0; i < 12; i++) {
    socket.emit("much", noise);
  }
  await eventually(() => stream.writableLength > 0);
  const ended = nextEvent(stream, "end");
  tcp.end();
  await ended;
  expect(stream.destroyed).to.be(false);
  return { socket, stream, left };
}

for (const [name, kind] of Object.entries(kinds)) {
  ownSuite(`a client that has ended its side and does not read (${name})`, () => {
    it("is closed after the ping timeout", async () => {
      const clock = stopClock({ engine: true });
      const running = await startServer({ ...kind.options, pingInterval: 1_000, pingTimeout: 100 });
      const { stream, left } = await halfClose(running, kind);
      clock.tick(1_100);
      const [reason] = await left;
      // messages that are still being compressed can no longer be sent
      expect(kind.compresses ? ["ping timeout", "transport error"] : ["ping timeout"]).to.contain(reason);
      await eventually(() => stream.destroyed);
      expect(running.io.engine.clientsCount).to.be(0);
    });

    it("does not prevent the server from closing", async () => {
      const running = await startServer(kind.options);
      const { stream } = await halfClose(running, kind);
      await running.io.close();
      expect(stream.destroyed).to.be(true);
    });

    it("is closed when a guard or the application closes its connection", async () => {
      const running = await startServer(kind.options);
      const { socket, stream } = await halfClose(running, kind);
      socket.conn.close(true);
      await eventually(() => stream.destroyed);
    });
  });
}
