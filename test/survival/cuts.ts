/** Cuts connections under load, accounts for every event, and fails if one is unaccounted for: `npm run survive:cuts`. */

import { parseArgs } from "node:util";
import { type Account, runCuts } from "../support/cut-connections";

const { values } = parseArgs({
  options: {
    clients: { type: "string", default: "200" },
    /** The number of connections that are cut, at least. */
    cuts: { type: "string", default: "20000" },
    /** The largest number of bytes that a connection transfers. */
    bytes: { type: "string", default: "20000" },
    seed: { type: "string", default: process.env.SEED ?? String(Date.now() % 1_000_000_007) },
    /** The option `connectionStateRecovery.maxPackets`. */
    "max-packets": { type: "string", default: "100000" },
    json: { type: "boolean", default: false },
  },
});

async function main(): Promise<void> {
  const options = {
    clients: Number(values.clients),
    cuts: Number(values.cuts),
    mostBytes: Number(values.bytes),
    seed: Number(values.seed),
    recovery: { maxPackets: Number(values["max-packets"]) },
  };
  const start = Date.now();
  const { accounts, cuts } = await runCuts(options);
  const seconds = (Date.now() - start) / 1000;
  if (values.json) {
    console.log(JSON.stringify({ options, seconds, cuts, accounts }));
  } else {
    console.log(`${options.clients} clients, seed ${options.seed}, ${seconds.toFixed(1)} s; cuts:`, cuts);
    console.table(accounts);
  }
  // engine.io keeps the timers of failed transports for half a minute
  process.exit(Object.values(accounts).every(isClean) ? 0 : 1);
}

function isClean({ lost, absent, duplicates, corrupt }: Account): boolean {
  return lost + absent + duplicates + corrupt === 0;
}

main();
