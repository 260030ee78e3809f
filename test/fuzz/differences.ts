/** Where the two servers may differ, and why. */
import type { Case } from "./cases";
import type { Trace } from "./replay";

/** What the two servers did, up to and with the step where they differ. */
export interface Divergence {
  input: Case;
  step: number;
  ours: string[];
  reference: string[];
  /** All that was seen so far. */
  oursSoFar: string[];
  referenceSoFar: string[];
  /** All that the reference did in the whole case. */
  referenceAtAll: string[];
}

export interface Documented {
  what: string;
  why: string;
  /** Whether it is this; what comes behind it in the case is not compared any more. */
  explains?(divergence: Divergence): boolean;
}

/** Those of docs/migration.md which a client can bring about. */
export const documented: readonly Documented[] = [
  {
    what: "A second CONNECT packet, while the middlewares are busy with the first, closes the connection.",
    why: "One client cannot start them thousands of times.",
    explains: ({ oursSoFar, referenceSoFar }) =>
      [...counts(referenceSoFar, ADMISSION)].some(
        ([line, count]) => count > 1 && count > (counts(oursSoFar, ADMISSION).get(line) ?? 0),
      ),
  },
  {
    what: "The middlewares do not see a client whose connection ends in the turn in which it asked to join.",
    why: "There is nobody to let in any more.",
    explains: ({ ours, reference, oursSoFar, referenceSoFar, referenceAtAll }) =>
      reference.filter((line) => !ADMISSION.test(line)).join("\n") === ours.join("\n") &&
      [...counts(referenceSoFar, ADMISSION)].some(
        ([name, count]) =>
          count > (counts(oursSoFar, ADMISSION).get(name) ?? 0) &&
          !referenceAtAll.some((line) => line.includes(` ${name} connection `)),
      ),
  },
  {
    what: "An event with more than 10,000 arguments closes the connection.",
    why: "One client cannot stop the server.",
    explains: ({ ours }) => ours.some((line) => / at most 10000 arguments, got \d+/.test(line)),
  },
  {
    what: "Events and sessions that are older than maxDisconnectionDuration are forgotten at another moment.",
    why: "Both servers look for them once in a minute; here the minute begins with the first of them.",
    explains: ({ input, step, ours, reference }) =>
      input.server === "recovery" &&
      has(ours, / connection .* true$/) !== has(reference, / connection .* true$/) &&
      input.steps.slice(0, step).reduce((sum, one) => sum + (one.do === "tick" ? one.ms : 0), 0) >= 120_000,
  },
  {
    what: "A guard closes the connection, which its code tells.",
    why: "What the server survives is listed in docs/limits.md.",
    explains: ({ ours }) =>
      ours.some((line) => / disconnect .* (?:PAYLOAD_TOO_DEEP|PACKETS_PER_PAYLOAD)$/.test(line)),
  },
  {
    what: "The reference ends with an uncaught exception where this server goes on.",
    why: "A client cannot stop the server.",
    explains: ({ ours, reference }) => has(reference, /^UNCAUGHT /) && !has(ours, /^UNCAUGHT /),
  },
  {
    what: "Protocol 3: the name of a namespace is taken as it is; the reference takes it as the path of an URL.",
    why: "Client cuts at the first question mark.",
    explains: ({ input, step }) =>
      input.server === "old" &&
      input.steps
        .slice(0, step + 1)
        .some((one) => /\d(?=\/)[^,"]*(?:[^\w/,"-]|\/\/)/.test(JSON.stringify(one))),
  },
];

/** What is not as it should be yet: an entry goes when its cause does. */
export const defects: readonly Documented[] = [];

/** Found out by trying again with the chunk cut between its frames. */
export const inOneChunk: Documented = {
  what: "Messages in one chunk with a fragment, a control frame or a wrong frame are handled as if they came in two.",
  why: "The frame is left to the code of ws, in a turn of its own; the network may cut there as well.",
};

const ADMISSION = /^(?:middleware|asked for) (\S+)/;

function has(lines: string[], pattern: RegExp): boolean {
  return lines.some((line) => pattern.test(line));
}

function counts(lines: string[], pattern: RegExp): Map<string, number> {
  const found = new Map<string, number>();
  for (const line of lines) {
    const [, what] = pattern.exec(line) ?? [];
    if (what !== undefined) {
      found.set(what, (found.get(what) ?? 0) + 1);
    }
  }
  return found;
}

/**
 * An answer with a `timeout()` fails at once when the client leaves, with the reference when the time is over: what is
 * compared are the answers, not when one fails.
 */
function withoutLateAnswers(trace: Trace): Trace {
  const late = /^#\d+ \S+ answered \[ 'Error: (?:socket has been disconnected|operation has timed out)'/;
  return trace.map((lines) => lines.filter((line) => !late.test(line)));
}

/** The first step in which the servers differ; undefined if they do not. */
export function compare(input: Case, ours: Trace, reference: Trace): Divergence | undefined {
  const [one, other] = [ours, reference].map(withoutLateAnswers);
  // the last entry is about what is left behind, which the reference need not be as good at
  for (let step = 0; step < one.length - 1; step++) {
    if (one[step].join("\n") !== other[step].join("\n")) {
      return {
        input,
        step,
        ours: one[step],
        reference: other[step],
        oursSoFar: one.slice(0, step + 1).flat(),
        referenceSoFar: other.slice(0, step + 1).flat(),
        referenceAtAll: other.flat(),
      };
    }
  }
  return undefined;
}

export function explanation(divergence: Divergence): Documented | undefined {
  return [...documented, ...defects].find(({ explains }) => explains?.(divergence));
}

/** What our server should not have left behind, of the last entry of a trace. */
export function leftovers(end: string[], usual: string[]): string[] {
  return end.filter(
    (line) => !usual.includes(line) && (!/^left: timers/.test(line) || number(line) > most(usual)),
  );
}

const number = (line: string) => Number(/\d+$/.exec(line)?.[0]);
const most = (lines: string[]) => Math.max(...lines.filter((line) => /timers/.test(line)).map(number));
