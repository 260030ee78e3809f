/** The adapters and emitters that others have made, over the clients that others have made. */
import { createAdapter as postgresAdapter } from "@socket.io/postgres-adapter";
import { createAdapter, createShardedAdapter } from "@socket.io/redis-adapter";
import { Emitter as RedisEmitter } from "@socket.io/redis-emitter";
import { createAdapter as streamsAdapter } from "@socket.io/redis-streams-adapter";
import { Redis as IORedis } from "ioredis";
import { Pool } from "pg";
import { createClient } from "redis";
import type { ServerOptions } from "socket.io";
import { nextEvent } from "../../support/waiting";

/** What is between the servers, in a form that can be sent to another process. */
export interface EngineSpec {
  adapter: "redis" | "sharded" | "streams" | "postgres";
  /** The npm package that talks to Redis. */
  client?: "redis" | "ioredis";
  url: string;
  /** How long requests to other servers may take, where the adapter has an option for that. */
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

/** The adapter keeps one connection for itself; there is but one more, so that what is sent stays in order. */
function openPool({ url }: EngineSpec): Pool {
  return new Pool({ connectionString: url, max: 2 }).on("error", () => {});
}

interface RedisClient {
  client: any;
  close(): Promise<void>;
}

/** What became of Redis, as the clients tell their error listeners. */
export const redisErrors: Error[] = [];
Object.assign(globalThis, { redisErrors });

async function openRedis({ client: name, url }: EngineSpec): Promise<RedisClient> {
  const noteError = (error: Error) => void redisErrors.push(error);
  // an adapter listens once for each namespace
  if (name === "ioredis") {
    const client = new IORedis(url).on("error", noteError).setMaxListeners(100);
    // what an adapter subscribes to while the client is still asking Redis for its state fails
    await nextEvent(client, "ready");
    return { client, close: async () => client.disconnect() };
  }
  const client = createClient({ url, socket: { reconnectStrategy: 50 } }).on("error", noteError);
  client.setMaxListeners(100);
  await client.connect();
  return { client, close: async () => client.destroy() };
}
