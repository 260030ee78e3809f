/** The adapter of @socket.io/redis-adapter for a server of several. */
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** @param {{ redisPort: number, adapter: "plain" | "sharded" }} config */
export async function redisAdapter({ redisPort, adapter }) {
  const { createAdapter, createShardedAdapter } = require("@socket.io/redis-adapter");
  const publisher = require("redis").createClient({ url: `redis://127.0.0.1:${redisPort}` });
  const subscriber = publisher.duplicate();
  await Promise.all([publisher.connect(), subscriber.connect()]);
  return {
    adapter: (adapter === "sharded" ? createShardedAdapter : createAdapter)(publisher, subscriber),
    /** Resolves when Redis has performed all subscriptions so far. */
    subscribed: () => subscriber.ping(),
  };
}
