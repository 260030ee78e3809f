/** The PostgreSQL adapter: all methods. */
import { postgresServer } from "./support/postgres";
import { tested } from "./support/tested";
import { startTrio } from "./support/trio";
import { verbs } from "./support/verbs";

tested(
  {
    area: "Adapters",
    name: "PostgreSQL adapter",
    packages: ["@socket.io/postgres-adapter", "pg"],
    programs: [postgresServer],
    remark:
      "`@socket.io/postgres-emitter` 0.1.1 works only with adapters up to 0.3: later versions drop messages without a namespace.",
  },
  () => {
    verbs(startTrio({ adapter: "postgres" }));
  },
);
