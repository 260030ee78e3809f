/** Properties of a guarded server that must hold for each input. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Case, HONEST } from "./cases";
import { isUncaught, type Trace } from "./traces";

export interface Violation {
  rule: string;
  step: number;
  /** The observations in that step. */
  lines: string[];
}

/** The codes that docs/errors.md lists. */
const codes = new Set(
  [...readFileSync(join(__dirname, "../../docs/errors.md"), "utf8").matchAll(/^\| `([A-Z_]+)` \|/gm)].map(
    ([, code]) => code,
  ),
);

/** Codes of Node.js and ws. */
const FOREIGN = /^(?:E[A-Z]+|HPE_\w+|WS_ERR_\w+)$/;

const HONEST_ECHO = /^42\["echo","(honest \d+)"\]$/;

/** The first invariant that is violated, if any. */
export function violations({ steps }: Case, trace: Trace): Violation | undefined {
  const told = new Set<string>();
  for (const [step, lines] of trace.entries()) {
    const found = brokenRule(lines, told) ?? unserved(steps[step], trace.slice(step, -1));
    if (found) {
      return { rule: found, step, lines };
    }
  }
  return undefined;
}

/** The codes that guards have reported. */
export function toldCodes(trace: Trace): Set<string> {
  return new Set(trace.flat().flatMap((line) => /^guard (\w+)$/.exec(line)?.[1] ?? []));
}

function brokenRule(lines: string[], toldBefore: Set<string>): string | undefined {
  const told = new Set(lines.flatMap((line) => /^guard (\S+)$/.exec(line)?.[1] ?? []));
  for (const code of told) {
    toldBefore.add(code);
  }
  for (const line of lines) {
    if (isUncaught(line)) {
      return "no error is uncaught";
    }
    const code = codeIn(line);
    if (code && !codes.has(code)) {
      return "each code is listed in docs/errors.md";
    }
    if (code && !(isToldOnceASecond(code) ? toldBefore : told).has(code)) {
      return "a code that a client or a listener receives is reported on the diagnostics channel";
    }
    if (line === `ws${HONEST} closed` || line.startsWith(`ws${HONEST} frame 88`)) {
      return "the honest client stays connected";
    }
  }
  return [...told].some((code) => !codes.has(code)) ? "each code is listed in docs/errors.md" : undefined;
}

/** Dropped data is counted, and reported together. */
function isToldOnceASecond(code: string): boolean {
  return code === "EVENT_RATE" || code === "BYTE_RATE";
}

/** The code in a line about a disconnection, about a refused connection, or about a refused client. */
function codeIn(line: string): string | undefined {
  const [, given] =
    /^#\d+ \S+ disconnect .*\) (\w+)$/.exec(line) ??
    /^connection_error 4 .* ([A-Z]+_[A-Z_]+)$/.exec(line) ??
    /^(?:ws|http)\d+ .*44(?:\/[^,{]*,)?\{"message":"[^"]*","data":\{"code":"(\w+)"\}\}/.exec(line) ??
    [];
  return given && !FOREIGN.test(given) ? given : undefined;
}

/** Whether a request of the honest client in this step remains unanswered, in this step and later ones. */
function unserved(step: Case["steps"][number] | undefined, rest: Trace): string | undefined {
  if (step?.do !== "text" || step.on !== HONEST) {
    return undefined;
  }
  const [, asked] = HONEST_ECHO.exec(step.text) ?? [];
  const answer = `ws${HONEST} frame 81 42["echo","${asked}"`;
  return asked && !rest.flat().some((line) => line.startsWith(answer))
    ? "the honest client is served"
    : undefined;
}
