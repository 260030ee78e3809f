/** The Redis adapter, plain and sharded, with both Redis clients: all methods, and a restart of Redis under load. */

import { redisServer } from "./support/redis";
import { tested } from "./support/tested";
import { startTrio } from "./support/trio";
import { remarkOf, verbs } from "./support/verbs";

for (const client of ["redis", "ioredis"] as const) {
  tested(
    {
      area: "Adapters",
      name: `Redis adapter with ${client}`,
      packages: ["@socket.io/redis-adapter", client],
      programs: [redisServer],
      remark: remarkOf("binary between servers"),
    },
    () => verbs(startTrio({ adapter: "redis", client }), ["binary between servers"]),
  );

  tested(
    {
      area: "Adapters",
      name: `Sharded Redis adapter with ${client}`,
      packages: ["@socket.io/redis-adapter", client],
      programs: [redisServer],
    },
    () => verbs(startTrio({ adapter: "sharded", client })),
  );
}
