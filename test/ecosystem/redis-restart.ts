/** Redis crashes and restarts, under load. */
import expect from "expect.js";
import { onTestEnd } from "../support/cleanup";
import { eventually } from "../support/waiting";
import type { EngineSpec } from "./support/engines";
import { type ProcessNode, startProcesses } from "./support/nodes";
import { numbersOf, sendNumbers, stopNumbers } from "./support/numbers";
import { type Redis, redisServer, startRedis } from "./support/redis";
import { acquainted, countOf, type Member, openStage, type Stage } from "./support/stage";
import { tested } from "./support/tested";
import { streamsRead } from "./support/trio";

type Kind = Omit<EngineSpec, "url">;

const adapters = {
  redis: { name: "Redis adapter", npm: "@socket.io/redis-adapter" },
  sharded: { name: "Sharded Redis adapter", npm: "@socket.io/redis-adapter" },
  streams: { name: "Redis streams adapter", npm: "@socket.io/redis-streams-adapter" },
};

for (const adapter of ["redis", "sharded", "streams"] as const) {
  for (const client of ["redis", "ioredis"] as const) {
    tested(
      {
        area: "Adapters",
        name: `${adapters[adapter].name} with ${client}: Redis restarted`,
        packages: [adapters[adapter].npm, client],
        programs: [redisServer],
        remark:
          adapter === "redis" && client === "redis"
            ? "A message that is being published when Redis crashes becomes an unhandled rejection, which ends a process without a listener for `unhandledRejection`."
            : "",
      },
      () => restarted({ adapter, client }),
    );
  }
}

/** The errors of the Redis clients that a server process has received. */
function errorsOf(node: ProcessNode): Promise<number> {
  return node.run(() => (globalThis as any).redisErrors.length);
}

function restarted(kind: Kind): void {
  it("the servers continue, report the loss, and reach each other again", async () => {
    const streams = kind.adapter === "streams";
    const { redis, nodes, stage, near, far } = await underLoad(kind);
    await redis.crash();
    for (const node of nodes) {
      await eventually(async () => (await errorsOf(node)) > 0);
    }
    const before = numbersOf(far).at(-1)!;
    await redis.start();
    await eventually(() => numbersOf(far).at(-1)! > before + 10);
    await stopNumbers(stage);
    await eventually(async () => (await countOf(nodes[0]!, stage.namespace)) === 2);
    await acquainted({ nodes }, stage.namespace);
    expect(await stage.run(0, (nsp) => nsp.serverSideEmitWithAck("who"))).to.eql([1]);
    for (const server of [0, 1]) {
      await stage.run(server, (nsp) => {
        for (let count = 0; count < 50; count++) {
          nsp.emit("again", count);
        }
      });
      await stage.settled(server, near, far);
    }
    const counts = Array.from({ length: 50 }, (_, count) => count);
    for (const { seen } of [near, far]) {
      const again = seen.filter(([name]) => name === "again").map(([, count]) => count);
      expect(again).to.eql([...counts, ...counts]);
    }
    expect(nodes.map(({ child }) => child.exitCode)).to.eql([null, null]);
    if (streams) {
      const came = new Set(numbersOf(far));
      expect(acknowledged(near).length > 20).to.be(true);
      expect(acknowledged(near).filter((number) => !came.has(number))).to.eql([]);
    }
  });
}

/** The data that Redis has acknowledged: the server then knows its offset, and sends it to its clients. */
function acknowledged({ seen }: Member): number[] {
  return seen
    .filter(([name, , offset]) => name === "number" && offset !== undefined)
    .map(([, number]) => number);
}

/** Two server processes with a client each; the first one sends continuously. */
async function underLoad(
  kind: Kind,
): Promise<{ redis: Redis; nodes: ProcessNode[]; stage: Stage; near: Member; far: Member }> {
  const redis = await startRedis({ persistent: true });
  onTestEnd(() => redis.stop());
  const streams = kind.adapter === "streams";
  const nodes = await startProcesses(2, { ...kind, url: redis.url }, { recovery: streams });
  if (streams) {
    await streamsRead(redis.url, nodes.length);
  }
  const stage = await openStage({ nodes, stop: async () => {} });
  const near = await stage.join(0);
  const far = await stage.join(1);
  await stage.run(1, (nsp) => void nsp.on("who" as any, (reply: (own: number) => void) => reply(1)));
  await sendNumbers(stage);
  await eventually(() => numbersOf(far).length > 20);
  return { redis, nodes, stage, near, far };
}
