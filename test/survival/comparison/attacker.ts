/** The attacker, in a separate process; its connections remain open until its parent has seen the consequences. */
import process from "node:process";
import { isCutShort } from "./means";
import type { FromAttacker } from "./messages";
import type { Target } from "./row";
import { chosen } from "./rows";

const [row] = chosen(process.argv[2]);

const send = (message: FromAttacker) => process.send?.(message);

process.on("disconnect", () => process.exit());
process.once("message", (target: Target) => {
  row.attack(target).then(
    (facts) => send({ facts: facts ?? {}, isCutShort: isCutShort() }),
    (error) => send({ failed: String(error?.stack ?? error) }),
  );
});
send({ ready: true });
