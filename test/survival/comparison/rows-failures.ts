/** Rows about what a server discloses, logs and compresses, and about other servers. */
import { Agent } from "node:http";
import process from "node:process";
import { format } from "node:util";
import { MessageType } from "socket.io-adapter";
import { Bus, clusterAdapter } from "../../support/cluster";
import { ask } from "../../support/http";
import { dependencyOfSubject } from "../../support/subject";
import { ATTACKER, dealtWith, join, repeat } from "./means";
import { counted, number, type Row } from "./row";

const SECRET = "postgres://app:secret@10.0.0.7";

/** The servers of a cluster, of which there is one. */
const bus = new Bus();

/** Packets that no server sends. */
const NO_PACKETS = [null, undefined, 5, true, "text", {}, [], [null], [["x"]], [{}], { length: 2 }];

/** A name that looks like a line of a log. */
const FORGED = "\n  socket.io:server FORGED";
const LONG_NAME = `${FORGED} ${"x".repeat(20_000)}`;

/** The number of requests for the files of the client. */
const REQUESTS = 24;

/** Enables the logs of the library; they are collected instead of printed. */
function collectLogs(): string[] {
  const logs: string[] = [];
  const debug = dependencyOfSubject("debug");
  debug.enable("socket.io:*");
  debug.log = (...args: unknown[]) => logs.push(format(...args));
  return logs;
}

export const failureRows: Row[] = [
  {
    id: "28",
    what: "A middleware that throws an error with a secret",
    extra: { text: "`onHandlerError`", options: { onHandlerError: () => {} } },
    serve(io) {
      io.of("/admin").use(() => {
        throw new Error(`connect ECONNREFUSED ${SECRET}`);
      });
      return undefined;
    },
    async attack(target) {
      const wire = await join(target);
      const answer = String(await wire.join("/admin"));
      return { disclosed: Number(answer.includes(SECRET)) };
    },
    outcome: ({ disclosed }) =>
      disclosed ? "the client receives the secret" : "the client receives a general text",
    harm: ({ disclosed }) => disclosed,
  },
  {
    id: "29",
    what: "Malformed messages of other servers",
    options: { adapter: clusterAdapter(bus) },
    serve(io, count) {
      io.on("connection", (socket) =>
        socket.on("junk", async (done) => {
          const opts = { rooms: [], except: [], flags: {} };
          for (const packet of NO_PACKETS) {
            count("messages", 2);
            const publish = (type: MessageType, data: object) =>
              bus.publish({ uid: "other", nsp: "/", type, data } as never);
            await publish(MessageType.SERVER_SIDE_EMIT, { packet });
            await publish(MessageType.SOCKETS_JOIN, { opts: { ...opts, rooms: ["nobody"] }, rooms: packet });
            await new Promise(setImmediate);
          }
          done();
        }),
      );
      return undefined;
    },
    async attack(target) {
      const wire = await join(target);
      wire.send('420["junk"]');
      await wire.next();
      return undefined;
    },
    outcome: ({ messages }) => `${counted(messages, "message")} ignored`,
  },
  {
    id: "31",
    what: "Names that forge lines in the logs of `DEBUG`",
    options: { connectionStateRecovery: {} },
    serve(io) {
      const logs = collectLogs();
      const ids: string[] = [];
      io.on("connection", (socket) => ids.push((socket.client as unknown as { id: string }).id));
      return () => ({
        forged: logs.filter((line) => line.includes(FORGED)).length,
        bytes: logs.reduce((sum, line) => sum + line.length, 0),
        secrets: ids.filter((id) => logs.some((line) => line.includes(id))).length,
      });
    },
    async attack(target) {
      const wire = await join(target);
      for (let i = 0; i < 50; i++) {
        wire.send(`40/${i}${LONG_NAME},`);
        await dealtWith(wire.ws);
      }
      return undefined;
    },
    outcome: ({ forged, bytes, secrets }) =>
      `${counted(forged, "forged line")}, ${number(Math.ceil(bytes / 1_000))} kB logged, ${counted(secrets, "secret id")}`,
    harm: ({ forged, secrets }) => forged + secrets,
  },
  {
    id: "32",
    what: "Requests for the files of the client, compressed with Brotli",
    options: { serveClient: true },
    serve() {
      const before = process.cpuUsage();
      return () => {
        const { user, system } = process.cpuUsage(before);
        return { cpu: Math.round((user + system) / 1_000) };
      };
    },
    async attack({ url }) {
      const agent = new Agent({ keepAlive: true, maxSockets: 8 });
      const headers = { ...ATTACKER, "Accept-Encoding": "br" };
      let responses = 0;
      await repeat(REQUESTS, 4, async () => {
        const { status } = await ask(`${url}/socket.io/socket.io.js`, { agent, headers });
        responses += Number(status === 200);
      });
      agent.destroy();
      return { responses };
    },
    outcome: ({ cpu, responses }) =>
      `${number(Math.round(cpu / responses))} ms of CPU time for each response`,
    // the rest of the process needs some time too
    harm: ({ cpu, responses }) => Math.max(cpu / responses, 50),
  },
];
