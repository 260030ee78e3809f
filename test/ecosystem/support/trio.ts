/** Three servers in this process that share an adapter. */

import { createClient } from "redis";
import { eventually } from "../../support/waiting";
import type { EngineSpec } from "./engines";
import { type NodeOptions, startNode } from "./nodes";
import { startPostgres } from "./postgres";
import { startRedis } from "./redis";
import { acquainted, type Trio } from "./stage";

export interface EngineTrio extends Trio {
  engine: EngineSpec;
}

export function startTrio(spec: Omit<EngineSpec, "url">): (options?: NodeOptions) => Promise<EngineTrio> {
  return async (options) => {
    const service = spec.adapter === "postgres" ? await startPostgres() : await startRedis();
    const engine = { ...spec, url: service.url };
    const nodes = [
      await startNode(engine, options),
      await startNode(engine, options),
      await startNode(engine, options),
    ];
    if (spec.adapter === "streams") {
      await streamsRead(service.url, nodes.length);
    }
    await acquainted({ nodes }, "/");
    return {
      nodes,
      engine,
      async stop() {
        await Promise.all(nodes.map((node) => node.stop()));
        await service.stop();
      },
    };
  };
}

/** Resolves when this number of servers read the stream and have read an entry: they miss no later entry. */
export async function streamsRead(url: string, readers: number): Promise<void> {
  const client = createClient({ url });
  await client.connect();
  await eventually(async () => (await client.info("clients")).includes(`blocked_clients:${readers}\r\n`));
  await client.xAdd("socket.io", "*", { first: "entry" });
  client.destroy();
}
