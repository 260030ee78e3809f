/** The adapter for Redis Streams, with both Redis clients: all methods, and recovery on another server. */
import expect from "expect.js";
import { createClient } from "redis";
import { onTestEnd } from "../support/cleanup";
import { eventually, nextEvent } from "../support/waiting";
import { type ProcessNode, startProcess, startProcesses } from "./support/nodes";
import { type Redis, redisServer, startRedis } from "./support/redis";
import { acquainted, type Member, openStage, type Stage } from "./support/stage";
import { tested } from "./support/tested";
import { startTrio, streamsRead } from "./support/trio";
import { type Lack, remarkOf, verbs } from "./support/verbs";

const lacks: Lack[] = ["namespaces that come again"];

for (const client of ["redis", "ioredis"] as const) {
  tested(
    {
      area: "Adapters",
      name: `Redis streams adapter with ${client}`,
      packages: ["@socket.io/redis-streams-adapter", client],
      programs: [redisServer],
      remark: remarkOf(...lacks),
    },
    () => {
      verbs(startTrio({ adapter: "streams", client }), lacks);
      recovery(client);
    },
  );
}

interface Scene {
  redis: Redis;
  nodes: ProcessNode[];
  stage: Stage;
  /** A client in room x that has received an offset. */
  ada: Member;
  /** Starts another server, to which Ada reconnects; resolves when she is connected. */
  comeBack(): Promise<void>;
}

/** Two server processes with recovery, and a client of the first. */
async function open(client: "redis" | "ioredis"): Promise<Scene> {
  const redis = await startRedis();
  onTestEnd(() => redis.stop());
  const engine = { adapter: "streams", client, url: redis.url } as const;
  const nodes = await startProcesses(2, engine, { recovery: true });
  await streamsRead(redis.url, nodes.length);
  const stage = await openStage({ nodes, stop: async () => {} });
  const ada = await stage.join(0, { rooms: ["x"], name: "Ada" });
  await stage.run(1, (nsp) => void nsp.to("x").emit("one"));
  await eventually(() => ada.seen.length === 1);
  return {
    redis,
    nodes,
    stage,
    ada,
    async comeBack() {
      const later = await startProcess({ role: "server", engine, options: { recovery: true } });
      nodes[0] = later;
      await streamsRead(redis.url, nodes.length);
      await later.runIn(stage.namespace, () => {});
      await acquainted({ nodes }, stage.namespace);
      (ada.socket.io as any).uri = later.url;
      const back = nextEvent(ada.socket, "connect");
      ada.socket.connect();
      await back;
    },
  };
}

function recovery(client: "redis" | "ioredis"): void {
  it("a client of a closed server recovers its missed events on a new server", async () => {
    const { redis, nodes, stage, ada, comeBack } = await open(client);
    const gone = nextEvent(ada.socket, "disconnect");
    await nodes[0]!.run((io) => io.close());
    await gone;
    await sessionKept(redis);
    await nodes[0]!.kill();
    await stage.run(1, (nsp) => {
      nsp.to("x").emit("two", Buffer.from([2]));
      nsp.to("y").emit("to others");
      nsp.except("x").emit("not to x");
      nsp.emit("three");
    });
    await comeBack();
    expect(ada.socket.recovered).to.be(true);
    expect(ada.socket.id).to.be(ada.id);
    await stage.run(1, (nsp) => void nsp.to("x").emit("four"));
    await stage.settled(1, ada);
    expect(ada.seen.map(([name]) => name)).to.eql(["one", "two", "three", "four"]);
    expect([...ada.seen[1]![1]]).to.eql([2]);
    const [socket] = await stage.run(1, async (nsp) =>
      (await nsp.fetchSockets()).map(({ id, rooms, data }) => ({ id, rooms: [...rooms].length, data })),
    );
    expect(socket).to.eql({ id: ada.id, rooms: 2, data: { name: "Ada" } });
  });

  it("a client of a killed server gets a new session", async () => {
    const { nodes, stage, ada, comeBack } = await open(client);
    const gone = nextEvent(ada.socket, "disconnect");
    await nodes[0]!.kill();
    await gone;
    await stage.run(1, (nsp) => void nsp.emit("two"));
    await comeBack();
    expect(ada.socket.recovered).to.be(false);
    expect(ada.socket.id).not.to.be(ada.id);
    await stage.run(1, (nsp) => void nsp.emit("three"));
    await stage.settled(1, ada);
    expect(ada.seen.map(([name]) => name)).to.eql(["one", "three"]);
  });
}

/** Resolves when the session of a client is in Redis. */
async function sessionKept({ url }: Redis): Promise<void> {
  const client = createClient({ url });
  await client.connect();
  await eventually(async () => (await client.keys("sio:session:*")).length === 1);
  client.destroy();
}
