/** Rows whose attackers join namespaces and rooms. */
import { dealtWith, flood, join, limitedSteps, repeat, unlessRefused } from "./means";
import { counted, number, type Row } from "./row";

/** Sends CONNECT and, after its response, DISCONNECT; resolves with false if the connection was closed. */
async function joinAndLeave(wire: Awaited<ReturnType<typeof join>>, namespace: string): Promise<boolean> {
  try {
    const answer = String(await wire.join(namespace));
    if (answer.startsWith("40")) {
      wire.send(`41${namespace},`);
      // a server that has not processed this yet would close the connection
      await dealtWith(wire.ws);
    }
    return true;
  } catch {
    return false;
  }
}

export const namespaceRows: Row[] = [
  {
    id: "3",
    what: "A namespace requested repeatedly while a middleware decides",
    serve(io, count) {
      io.of("/slow").use(() => count("runs"));
      return undefined;
    },
    async attack(target) {
      await flood(await join(target), 20_000, () => "40/slow,");
      return undefined;
    },
    outcome: ({ runs }) => `the middleware runs ${counted(runs, "time")}`,
    harm: ({ runs }) => runs,
  },
  {
    id: "4",
    what: "Requests for very many names of a dynamic namespace",
    serve(io) {
      io.of(/^\/room-\d+$/);
      return () => ({ namespaces: io._nsps.size });
    },
    async attack(target) {
      const goesOn = limitedSteps();
      await repeat(20, 20, async (index) => {
        const wire = await join(target);
        for (
          let i = 0;
          i < 1_000 && goesOn() && (await joinAndLeave(wire, `/room-${1_000 * index + i}`));
          i++
        ) {}
      });
      return undefined;
    },
    outcome: ({ namespaces }) => `${counted(namespaces, "namespace")} stay`,
    harm: ({ namespaces }) => namespaces,
  },
  {
    id: "5",
    what: "Clients that leave while a middleware never calls `next()`",
    serve(io, count) {
      const sockets: WeakRef<object>[] = [];
      io.of("/stuck").use((socket) => {
        count("asked");
        sockets.push(new WeakRef(socket));
      });
      return () => ({ kept: sockets.filter((socket) => socket.deref()).length });
    },
    async attack(target) {
      const auth = { token: "x".repeat(10_000) };
      await repeat(2_000, 50, async () => {
        const wire = await unlessRefused(join(target));
        wire?.send(`40/stuck,${JSON.stringify(auth)}`);
        wire?.ws.close();
        await wire?.closed;
      });
      return undefined;
    },
    outcome: ({ asked, kept }) => `${number(kept)} of ${counted(asked, "socket")} are kept`,
    harm: ({ kept }) => kept,
  },
  {
    id: "18",
    what: "A socket that joins very many rooms",
    serve(io) {
      io.on("connection", (socket) => socket.on("join", (room) => socket.join(room)));
      return () => ({ rooms: io.of("/").adapter.rooms.size });
    },
    async attack(target) {
      await flood(await join(target), 200_000, (i) => `42["join","room ${i}"]`);
      return undefined;
    },
    outcome: ({ rooms }) => counted(rooms, "room"),
    harm: ({ rooms }) => rooms,
  },
  {
    id: "19",
    what: "A namespace joined and left in a loop",
    serve(io, count) {
      io.of("/chat").use((_socket, next) => {
        count("runs");
        next();
      });
      return undefined;
    },
    async attack(target) {
      const wire = await join(target);
      const goesOn = limitedSteps();
      for (let i = 0; i < 15_000 && goesOn() && (await joinAndLeave(wire, "/chat")); i++) {}
      return undefined;
    },
    outcome: ({ runs }) => `the middleware runs ${counted(runs, "time")}`,
    harm: ({ runs }) => runs,
  },
];
