/** A server process hangs and is killed while the others send events and requests. */
import { onTestEnd } from "../support/cleanup";
import { serverDies } from "./support/dying";
import type { EngineSpec } from "./support/engines";
import { startProcess, startProcesses } from "./support/nodes";
import { postgresServer, startPostgres } from "./support/postgres";
import { redisServer, startRedis } from "./support/redis";
import { tested } from "./support/tested";
import { streamsRead } from "./support/trio";

for (const { name, npm, ...kind } of [
  { name: "Redis adapter with redis", npm: "@socket.io/redis-adapter", adapter: "redis", client: "redis" },
  {
    name: "Redis streams adapter with ioredis",
    npm: "@socket.io/redis-streams-adapter",
    adapter: "streams",
    client: "ioredis",
  },
  { name: "PostgreSQL adapter", npm: "@socket.io/postgres-adapter", adapter: "postgres" },
] as ({ name: string; npm: string } & Omit<EngineSpec, "url">)[]) {
  const inPostgres = kind.adapter === "postgres";
  tested(
    {
      area: "Adapters",
      name: `${name}: a server that dies`,
      packages: [npm],
      programs: [inPostgres ? postgresServer : redisServer],
    },
    () =>
      serverDies(async () => {
        const service = inPostgres ? await startPostgres() : await startRedis();
        onTestEnd(() => service.stop());
        const engine = { ...kind, url: service.url, requestsTimeout: 1000 };
        const nodes = await startProcesses(3, engine);
        const ready = async () => {
          if (kind.adapter === "streams") {
            await streamsRead(service.url, nodes.length);
          }
        };
        await ready();
        return {
          nodes,
          stop: async () => {},
          hang: async (server) => nodes[server]!.child.kill("SIGSTOP"),
          kill: (server) => nodes[server]!.kill(),
          async replace(server) {
            nodes[server] = await startProcess({ role: "server", engine });
            await ready();
          },
        };
      }),
  );
}
