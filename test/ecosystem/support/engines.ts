/** Published adapters and emitters, with the published clients of Redis and PostgreSQL. */
import { createAdapter as postgresAdapter } from "@socket.io/postgres-adapter";
import { createAdapter, createShardedAdapter } from "@socket.io/redis-adapter";
import { Emitter as RedisEmitter } from "@socket.io/redis-emitter";
import { createAdapter as streamsAdapter } from "@socket.io/redis-streams-adapter";
import { Redis as IORedis } from "ioredis";
import { Pool } from "pg";
import { createClient } from "redis";
import type { ServerOptions } from "socket.io";
import { nextEvent } from "../../support/waiting";

/** The connection between the servers, as data that can be sent to another process. */
export interface EngineSpec {
  adapter: "redis" | "sharded" | "streams" | "postgres";
  /** The npm package of the Redis client. */
  client?: "redis" | "ioredis";
  url: string;
  /** The timeout of requests to other servers, if the adapter has such an option, in milliseconds. */
  requestsTimeout?: number;
}

interface Opened {
  adapter: ServerOptions["adapter"];
  close(): Promise<void>;
}

export async function openAdapter(engine: EngineSpec): Promise<Opened> {
  if (engine.adapter === "postgres") {
    const pool = openPool(engine);
    const adapter = postgresAdapter(pool, { heartbeatInterval: 200, heartbeatTimeout: 2000 });
    return { adapter: adapter as any, close: () => pool.end() };
  }
  const publisher = await openRedis(engine);
  if (engine.adapter === "streams") {
    const adapter = streamsAdapter(publisher.client, { blockTimeInMs: 500 });
    return { adapter: adapter as any, close: publisher.close };
  }
  const subscriber = await openRedis(engine);
  const adapter =
    engine.adapter === "sharded"
      ? createShardedAdapter(publisher.client, subscriber.client)
      : createAdapter(publisher.client, subscriber.client, {
          requestsTimeout: engine.requestsTimeout ?? 5000,
        });
  return {
    adapter: adapter as any,
    async close() {
      publisher.close();
      subscriber.close();
    },
  };
}

/** An emitter for servers that use the same engine. */
export async function openEmitter(engine: EngineSpec): Promise<unknown> {
  return new RedisEmitter((await openRedis(engine)).client);
}

/** The adapter keeps one connection; only one connection remains, so that events are sent in order. */
function openPool({ url }: EngineSpec): Pool {
  return new Pool({ connectionString: url, max: 2 }).on("error", () => {});
}

interface RedisClient {
  client: any;
  close(): Promise<void>;
}

/** The errors that the Redis clients emit. */
export const redisErrors: Error[] = [];
Object.assign(globalThis, { redisErrors });

async function openRedis({ client: name, url }: EngineSpec): Promise<RedisClient> {
  const noteError = (error: Error) => void redisErrors.push(error);
  // an adapter adds a listener for each namespace
  if (name === "ioredis") {
    const client = new IORedis(url).on("error", noteError).setMaxListeners(100);
    // a subscription fails while the client still asks Redis for its state
    await nextEvent(client, "ready");
    return { client, close: async () => client.disconnect() };
  }
  const client = createClient({ url, socket: { reconnectStrategy: 50 } }).on("error", noteError);
  client.setMaxListeners(100);
  await client.connect();
  return { client, close: async () => client.destroy() };
}
