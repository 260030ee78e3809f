/**
 * Messages on the channels of the Redis adapters that no server has sent: JUNK_SEED and JUNK_MESSAGES choose others.
 *
 * The library itself must not throw. Where an adapter throws in its own code, the test only counts the errors.
 */
import { createRequire } from "node:module";
import expect from "expect.js";
import { createClient } from "redis";
import { clusterMessage, redisBroadcast, redisRequest } from "../fuzz/cluster-targets";
import { onTestEnd } from "../support/cleanup";
import { Random } from "../support/random";
import { eventually, nextEvent } from "../support/waiting";
import type { EngineSpec } from "./support/engines";
import { client } from "./support/hello";
import { type ProcessNode, startProcess } from "./support/nodes";
import { redisServer, startRedis } from "./support/redis";
import { tested } from "./support/tested";
import { streamsRead } from "./support/trio";

const { encode }: { encode(value: unknown): Uint8Array } = createRequire(__filename)("notepack.io");

const seed = Number(process.env.JUNK_SEED ?? 1);
const messages = Number(process.env.JUNK_MESSAGES ?? 50);

/** The number of messages after which the server is examined. */
const BATCH = 10;

type Publish = (random: Random, ids: (json: string) => string) => Promise<unknown>;

interface Kind {
  name: string;
  npm: string;
  /** Sends one invalid message, or a broadcast of `["mark", number]`. */
  publish(redis: any): { junk: Publish; mark(number: number): Promise<unknown> };
}

const everybody = { rooms: [], except: [], flags: {} };
const marked = (number: number) => ({ type: 2, data: ["mark", number], nsp: "/" });
const broadcast = (number: number) => ({
  uid: "other",
  nsp: "/",
  type: 3,
  data: { opts: everybody, packet: marked(number) },
});

/** A JSON text as MessagePack, possibly without its end; undefined if it cannot be encoded. */
function packed(random: Random, json: string): Buffer | undefined {
  const value = parsed(json);
  if (value === undefined || /[[{]{1000}|(?:\{"a":){300}/.test(json)) {
    return undefined;
  }
  const bytes = Buffer.from(encode(value));
  return random.chance(0.1) ? bytes.subarray(0, random.below(bytes.length)) : bytes;
}

function parsed(json: string): any {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

const kinds: Record<string, Kind> = {
  redis: {
    name: "Redis adapter",
    npm: "@socket.io/redis-adapter",
    publish: (redis) => ({
      async junk(random, ids) {
        const [channel, json] = random.pick([
          () => ["socket.io#/#", redisBroadcast(random)],
          () => ["socket.io-request#/#", redisRequest(random)],
          () => ["socket.io-response#/#", redisRequest(random)],
        ])();
        const asJson = channel !== "socket.io#/#" && random.chance(0.6);
        const message = asJson ? Buffer.from(ids(json!)) : packed(random, ids(json!));
        await redis.publish(channel, message ?? Buffer.from(json!));
      },
      mark: (number) =>
        redis.publish("socket.io#/#", Buffer.from(encode(["other", marked(number), everybody]))),
    }),
  },
  sharded: {
    name: "Sharded Redis adapter",
    npm: "@socket.io/redis-adapter",
    publish: (redis) => ({
      async junk(random, ids) {
        const json = ids(clusterMessage(random));
        const message = random.chance(0.6) ? Buffer.from(json) : packed(random, json);
        await redis.sPublish("socket.io#/#", message ?? Buffer.from(json));
      },
      mark: (number) => redis.sPublish("socket.io#/#", Buffer.from(JSON.stringify(broadcast(number)))),
    }),
  },
  streams: {
    name: "Redis streams adapter",
    npm: "@socket.io/redis-streams-adapter",
    publish: (redis) => {
      const add = ({ uid, nsp, type, data }: any, content: string = JSON.stringify(data)) =>
        redis.xAdd("socket.io", "*", {
          uid: String(uid),
          nsp: String(nsp),
          type: String(type),
          ...(content !== undefined && { data: content }),
        });
      return {
        async junk(random, ids) {
          const message = parsed(ids(clusterMessage(random)));
          if (message && typeof message === "object") {
            const bytes = random.chance(0.3)
              ? packed(random, JSON.stringify(message.data ?? null))
              : undefined;
            await add(message, bytes?.toString("base64"));
          }
        },
        mark: (number) => add(broadcast(number)),
      };
    },
  },
};

for (const [adapter, { name, npm, publish }] of Object.entries(kinds)) {
  tested(
    {
      area: "Adapters",
      name: `${name} with redis: invalid messages`,
      packages: [npm, "redis"],
      programs: [redisServer],
      remark:
        "After an invalid message from Redis, the adapter may throw. The client of Redis emits this as an error, or it becomes an unhandled rejection, which ends a process without a listener for `unhandledRejection`.",
    },
    () => {
      it(`cause no error of the library, and clients are served (JUNK_SEED=${seed})`, async function () {
        this.timeout(240_000 + 500 * messages);
        const redis = await startRedis();
        onTestEnd(() => redis.stop());
        const publisher = createClient({ url: redis.url });
        await publisher.connect();
        onTestEnd(() => publisher.destroy());
        const { junk, mark } = publish(publisher);
        const random = new Random(seed);
        const errors: string[] = [];
        let node: ProcessNode | undefined;
        for (let sent = 0; sent < messages; sent += BATCH) {
          node ??= await open(adapter, redis.url);
          const running = node;
          const early = await arrive(node);
          for (let left = BATCH; left > 0; left--) {
            await junk(random, (json) => json.replaceAll("$io0", early.id!));
          }
          // a valid message may have disconnected the other one
          const honest = await arrive(node);
          let arrived: number | undefined;
          honest.on("mark", (number) => {
            arrived = number;
          });
          await mark(sent);
          let thrown: string[] = [];
          await eventually(async () => {
            thrown = await running.run(() => (globalThis as any).thrown);
            return arrived === sent || thrown.length > 0;
          });
          expect(await honest.emitWithAck("echo", sent)).to.be(sent);
          early.disconnect();
          honest.disconnect();
          expect(await node.run(leftovers)).to.eql([0, 0, 0]);
          if (thrown.length > 0) {
            // the client of Redis may deliver nothing more after an error of the adapter
            errors.push(...thrown);
            await node.kill();
            node = undefined;
          }
        }
        if (process.env.JUNK_MESSAGES) {
          console.log([...new Set(errors.map(firstLines))].join("\n"));
        }
        expect(errors.filter(isOurs)).to.eql([]);
      });
    },
  );
}

async function open(adapter: string, url: string): Promise<ProcessNode> {
  const engine = { adapter, client: "redis", url } as EngineSpec;
  const node = await startProcess({ role: "server", engine, options: { recovery: adapter === "streams" } });
  if (adapter === "streams") {
    await streamsRead(url, 1);
  }
  await collectErrors(node);
  return node;
}

/** Keeps the process alive, as some applications do, and keeps the errors, also those that the Redis client emits. */
async function collectErrors(node: ProcessNode): Promise<void> {
  await node.run((io) => {
    const thrown: string[] = [];
    Object.assign(globalThis, { thrown });
    for (const event of ["uncaughtException", "unhandledRejection"]) {
      process.on(event, (error: any) => void thrown.push(String(error?.stack ?? error)));
    }
    const { redisErrors } = globalThis as any;
    redisErrors.push = (error: Error) => thrown.push(String(error.stack));
    io.on("connection", (socket) => {
      socket.on("echo", (value: unknown, reply: (value: unknown) => void) => reply(value));
    });
  });
}

async function arrive({ url }: ProcessNode) {
  const honest = client(url, { transports: ["websocket"] });
  await nextEvent(honest, "connect");
  return honest;
}

/** The first line, and the place. */
function firstLines(stack: string): string {
  return stack.split("\n").slice(0, 2).join(" ").slice(0, 250);
}

/** Whether the error was thrown in the built library. */
function isOurs(stack: string): boolean {
  const [, place = ""] = /\n\s+at (.*)/.exec(stack) ?? [];
  return /\/dist\//.test(place) && !/node_modules\/(?!socket\.io\/dist\/)/.test(place);
}

/** What is left of the clients, when all of them have gone. */
async function leftovers(io: any): Promise<number[]> {
  const { adapter, sockets } = io.sockets;
  while (io.engine.clientsCount > 0) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  return [sockets.size, adapter.rooms.size, adapter.sids.size];
}
