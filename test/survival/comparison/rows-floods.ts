/** Rows with too much data: events, data that is not read or not answered. */
import { setTimeout as sleep } from "node:timers/promises";
import { dealtWith, flood, join, repeat, tcpOf, unlessRefused } from "./means";
import { counted, number, type Row } from "./row";

/** The data for a client that does not read: the number of events, their size, and the interval. */
const FEED = { pieces: 3_200, length: 64 * 1024, atOnce: 8, everyMs: 8 };

/** The number of pending acknowledgements of each client. */
const QUESTIONS = 500;
const SILENT = 80;

export const floodRows: Row[] = [
  {
    id: "6",
    what: "A client in a busy room that does not read",
    serve(io) {
      io.on("connection", (socket) =>
        socket.on("subscribe", async (done) => {
          socket.join("feed");
          for (let piece = 0; piece < FEED.pieces; piece++) {
            io.to("feed").emit("feed", `${piece}`.padEnd(FEED.length, "x"));
            if (piece % FEED.atOnce === 0) {
              await sleep(FEED.everyMs);
            }
          }
          io.to("watching").emit("fed");
          done();
        }),
      );
      io.on("connection", (socket) => socket.on("watch", () => socket.join("watching")));
      return () => ({ readers: io.of("/").adapter.rooms.get("feed")?.size ?? 0 });
    },
    async attack(target) {
      const [reader, watcher] = [await join(target), await join(target)];
      watcher.send('42["watch"]');
      await dealtWith(watcher.ws);
      reader.send('420["subscribe"]');
      tcpOf(reader).pause();
      await watcher.next();
      return undefined;
    },
    outcome: ({ readers }) =>
      readers ? `still connected; all ${number(FEED.pieces)} events are buffered` : "disconnected",
  },
  {
    id: "15",
    what: "A flood of events",
    serve(io, count) {
      io.on("connection", (socket) => socket.on("flood", () => count("events")));
      return undefined;
    },
    async attack(target) {
      await flood(await join(target), 400_000, () => '42["flood",1]');
      return undefined;
    },
    outcome: ({ events }) => `${counted(events, "event")} of 400,000 handled`,
  },
  {
    id: "17",
    what: "Acknowledgements of clients that leave",
    extra: { text: '`ackOnDisconnect: "reject"`', options: { ackOnDisconnect: "reject" } },
    serve(io, count) {
      const answered = (context: string) => {
        count("settled", context.length > 0 ? 1 : 0);
      };
      io.on("connection", (socket) =>
        socket.on("ask me", () => {
          count("asked", QUESTIONS);
          for (let i = 0; i < QUESTIONS; i++) {
            // data that an application holds while it waits
            const context = `${i}`.padEnd(1_000, "x");
            const asked =
              i % 2 ? socket.timeout(60_000).emitWithAck("question") : socket.emitWithAck("question");
            asked.catch(() => answered(context));
          }
        }),
      );
      return undefined;
    },
    async attack(target) {
      await repeat(SILENT, 5, async () => {
        const wire = await unlessRefused(join(target));
        if (!wire) {
          return;
        }
        wire.send('42["ask me"]');
        await dealtWith(wire.ws);
        wire.ws.terminate();
        await wire.closed;
      });
      return undefined;
    },
    outcome: ({ settled, asked }) => `${number(settled)} of ${number(asked)} fail at once`,
    harm: ({ settled, asked }) => asked - (settled ?? 0),
  },
];
