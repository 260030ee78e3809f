/** Rows about the events and sessions that are kept for absent clients. */
import { openWire } from "../../support/wire";
import { flood, isAttacker, join, openAttack, repeat, sendEach, unlessRefused } from "./means";
import { counted, type Row } from "./row";

/** The number of clients that join and leave, and of sessions that this library keeps. */
const CROWD = 700;
const SESSIONS = 500;

export const recoveryRows: Row[] = [
  {
    id: "10",
    what: "Events kept for absent clients",
    options: { connectionStateRecovery: {} },
    serve(io, count) {
      io.on("connection", (socket) =>
        socket.on("say", (text) => {
          count("events");
          io.to("nobody is here").emit("said", text);
        }),
      );
      return undefined;
    },
    async attack(target) {
      const text = "x".repeat(1_000);
      await flood(await join(target), 200_000, (i) => `42["say","${i} ${text}"]`);
      return undefined;
    },
    outcome: ({ events }) => `${counted(events, "event")} of 1 kB emitted`,
  },
  {
    id: "24",
    what: "Events of very many empty objects, kept for absent clients",
    options: { connectionStateRecovery: {} },
    serve(io, count) {
      io.on("connection", (socket) =>
        socket.on("say", (value) => {
          count("events");
          io.to("nobody is here").emit("said", value);
        }),
      );
      return undefined;
    },
    async attack(target) {
      await sendEach(await join(target), 30, `42["say",[${"{},".repeat(310_000)}{}]]`);
      return undefined;
    },
    outcome: ({ events }) => `${counted(events, "event")} of 930 kB emitted`,
  },
  {
    id: "25",
    what: "A crowd that joins and leaves while an honest client is absent",
    options: { connectionStateRecovery: { maxPackets: SESSIONS } },
    serve(io, count) {
      io.on("connection", (socket) => {
        socket.emit("first");
        count("crowd", isAttacker(socket) ? 1 : 0);
      });
      return undefined;
    },
    async attack(target) {
      const honest = { headers: { "X-Forwarded-For": "198.51.100.1" } };
      const absent = await openWire(target.url, "EIO=4", honest);
      const { sid, pid } = JSON.parse(String(await absent.join()).slice(2));
      const offset = JSON.parse(String(await absent.next()).slice(2)).at(-1);
      absent.ws.terminate();
      await repeat(CROWD, 40, async () => {
        const wire = await unlessRefused(openAttack(target));
        await (wire && unlessRefused(wire.join()));
        wire?.ws.terminate();
        await wire?.closed;
      });
      const back = await openWire(target.url, "EIO=4", honest);
      back.send(`40${JSON.stringify({ pid, offset })}`);
      for (let packet = ""; !packet.startsWith("40"); ) {
        packet = String(await back.next());
        if (packet.startsWith(`40{"sid":"${sid}"`)) {
          return { recovered: 1 };
        }
      }
      return { recovered: 0 };
    },
    outcome: ({ recovered, crowd }) =>
      `its session is ${recovered ? "recovered" : "lost"} after ${counted(crowd, "session")} of others`,
    harm: ({ recovered }) => 1 - recovered,
  },
];
