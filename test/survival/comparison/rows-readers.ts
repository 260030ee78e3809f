/** Rows whose attackers do not read, or ignore the end of their connection. */
import { connect, type Socket as TcpSocket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { ServerType } from "../../support/subject";
import { clientFrame } from "../../support/websocket-frames";
import { openPolling, type PollingWire } from "../../support/wire";
import {
  ATTACKER,
  attackers,
  dealtWith,
  isAttacker,
  join,
  joinMany,
  pour,
  repeat,
  tcpOf,
  unlessRefused,
} from "./means";
import { number, type Row } from "./row";

const MB = 1024 * 1024;

/** The number of connections that send pings. */
const PINGING = 20;

/** The number of events for a reader that is cut. */
const EVENTS = 200_000;

/** The number of connections over each transport that stay half-closed or unread. */
const UNREAD = 8;

/** An event that the operating system does not buffer completely. */
const LARGE = "x".repeat(5 * MB);

/** Emits many small events, and lets other clients have their turn in between. */
async function emitMany(socket: { emit(event: string, value: unknown): unknown }): Promise<void> {
  socket.emit("large", LARGE);
  for (let i = 0; i < EVENTS; i++) {
    socket.emit("e", i);
    if (i % 200 === 0) {
      await new Promise(setImmediate);
    }
  }
}

/** The number of TCP connections of a server. */
const openStreams = ({ httpServer }: ServerType) =>
  new Promise<number>((resolve) => httpServer.getConnections((_error, count) => resolve(count)));

/** Requests packets, and does not read the response. */
async function pollUnread({ address }: PollingWire, port: number): Promise<TcpSocket> {
  const tcp = connect({ port, host: "localhost" });
  tcp.on("error", () => {});
  tcp.pause();
  const { pathname, search } = new URL(address);
  const head = [`GET ${pathname}${search} HTTP/1.1`, "Host: localhost", "X-Forwarded-For: 192.0.2.1"];
  await new Promise<void>((resolve) => tcp.write(`${head.join("\r\n")}\r\n\r\n`, () => resolve()));
  return tcp;
}

export const readerRows: Row[] = [
  {
    id: "20",
    what: "WebSocket pings of clients that do not read",
    serve: (io) => () => ({ connected: attackers(io) }),
    async attack(target) {
      const pings = Buffer.concat(Array(5_000).fill(clientFrame(0x89, Buffer.alloc(0))));
      await repeat(PINGING, 4, async () => {
        const wire = await join(target);
        tcpOf(wire).pause();
        await pour(tcpOf(wire), pings, 8 * MB, 1_000);
      });
      return undefined;
    },
    outcome: ({ connected }) => `${number(connected)} of ${PINGING} connections stay open`,
    harm: ({ connected }) => connected,
  },
  {
    id: "21",
    what: "A client that does not read very many small events, and is cut",
    aftermath: 1_500,
    serve(io) {
      io.on("connection", (socket) => {
        socket.on("watch", () => socket.join("watching"));
        socket.on("much", async () => {
          await emitMany(socket);
          io.to("watching").emit("emitted");
        });
      });
      return undefined;
    },
    async attack(target) {
      const [reader, watcher] = [await join(target), await join(target)];
      watcher.send('42["watch"]');
      await dealtWith(watcher.ws);
      // after a control frame, each event is a write of its own
      await dealtWith(reader.ws);
      tcpOf(reader).pause();
      reader.send('42["much"]');
      await watcher.next();
      tcpOf(reader).resetAndDestroy();
      return undefined;
    },
    outcome: () => `${number(EVENTS)} events emitted`,
  },
  {
    id: "22",
    what: "Half-closed connections, and responses of long-polling, that are not read",
    options: { pingInterval: 1_000, pingTimeout: 2_000 },
    aftermath: 8_500,
    serve(io) {
      io.on("connection", (socket) => {
        socket.on("feed", () => socket.join("feed"));
        socket.on("give", () => io.to("feed").emit("much", LARGE));
      });
      return async () => {
        // one of them is that of the honest client; another client has just left
        await sleep(200);
        return { held: (await openStreams(io)) - 1 };
      };
    },
    async attack(target) {
      const wires = await joinMany(target, UNREAD);
      for (const wire of wires) {
        wire.send('42["feed"]');
        await dealtWith(wire.ws);
        tcpOf(wire).pause();
      }
      for (let i = 0; i < UNREAD; i++) {
        const polling = await unlessRefused(openPolling(target.url, "EIO=4", { headers: ATTACKER }));
        await polling?.join();
        await polling?.post('42["feed"]');
        polling && (await pollUnread(polling, target.port));
      }
      const giver = await join(target);
      giver.send('42["give"]');
      await dealtWith(giver.ws);
      giver.ws.terminate();
      for (const wire of wires) {
        tcpOf(wire).end();
      }
      return undefined;
    },
    outcome: ({ held }) => `${number(held)} of ${2 * UNREAD} connections held after 8 seconds`,
    harm: ({ held }) => held,
  },
  {
    id: "23",
    what: "Clients that continue to send after an invalid packet, for which they are dismissed",
    serve(io) {
      const streams: TcpSocket[] = [];
      io.httpServer.on("connection", (stream: TcpSocket) => streams.push(stream));
      const read = () => streams.reduce((sum, { bytesRead }) => sum + bytesRead, 0);
      let before: number | undefined;
      io.on("connection", (socket) =>
        socket.on("disconnect", () => {
          if (isAttacker(socket)) {
            before = read();
          }
        }),
      );
      return () => ({ read: read() - (before ?? 0) });
    },
    async attack(target) {
      const wires = await joinMany(target, 4);
      for (const wire of wires) {
        const tcp = tcpOf(wire);
        // it neither answers the close frame nor ends its side
        tcp.removeAllListeners("data");
        tcp.removeAllListeners("end");
        tcp.on("error", () => {});
        wire.send('42["x"');
      }
      await sleep(300);
      const events = Buffer.concat(Array(4_000).fill(clientFrame(0x81, Buffer.from('42["x",1]'))));
      await Promise.all(wires.map((wire) => pour(tcpOf(wire), events, 100 * MB, 3_000)));
      return undefined;
    },
    outcome: ({ read }) => `${number(Math.round(read / MB))} MB read after that`,
    // what four connections may have had on the way is no harm
    harm: ({ read }) => Math.max(read, 8 * MB),
  },
];
