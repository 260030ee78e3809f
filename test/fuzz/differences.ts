/** The documented differences between the two servers. */
import type { Case, Step } from "./cases";
import { unmaskedText } from "./frames";
import { isGuardLine, isUncaught, type Trace, withoutGuardLines } from "./traces";

/** The behaviour of the two servers, up to and including the step in which they differ. */
export interface Divergence {
  input: Case;
  step: number;
  /** The observations in that step, without the reports of guards. */
  ours: string[];
  reference: string[];
  /** The codes of the guards that fired in that step. */
  guards: string[];
  /** All observations so far. */
  oursSoFar: string[];
  referenceSoFar: string[];
}

export interface Documented {
  what: string;
  why: string;
  /** The page in docs/, and a quotation from it. */
  where: readonly [page: string, words: string];
  /** Whether the entry explains the divergence; the rest of the case is then not compared. */
  explains?(divergence: Divergence): boolean;
}

/** Differences after which the two servers do not continue in the same way. */
export const documented: readonly Documented[] = [
  {
    what: "A second CONNECT packet waits until the middleware for the first has decided.",
    why: "The client has one socket in a namespace.",
    where: ["migration.md", "| A second CONNECT packet for a namespace while the first is being decided"],
    explains: ({ input, step, oursSoFar, referenceSoFar }) =>
      sum(input.steps.slice(0, step + 1), (one) => count(textOf(one), /40(?!\w)/)) > 1 &&
      [...counts(referenceSoFar, ADMISSION)].some(
        ([name, times]) => times > 1 && times > (counts(oursSoFar, ADMISSION).get(name) ?? 0),
      ),
  },
  {
    what: "A DISCONNECT packet next to a CONNECT packet is processed in order; the reference server closes the connection.",
    why: "disconnect() followed by connect() sends these packets.",
    where: ["migration.md", "| A DISCONNECT packet while the CONNECT before it is being decided,"],
    explains: ({ input, step, reference }) =>
      count(textOf(input.steps[step]), /41(?!\w)/) > 0 &&
      sum(input.steps.slice(0, step + 1), (one) => count(textOf(one), /40(?!\w)/)) > 0 &&
      has(reference, /^open (?!(\d+) -> \1$)/),
  },
  {
    what: "A packet for a namespace from which the server has disconnected the client is ignored.",
    why: "The client may have sent it before it received the DISCONNECT packet.",
    where: ["migration.md", "| A packet for a namespace from which the server has disconnected the client,"],
    explains: ({ input, step, ours, reference, oursSoFar }) =>
      (input.steps[step]?.do === "binary" || count(textOf(input.steps[step]), /4[1-6]/) > 0) &&
      has(oursSoFar, / disconnect server namespace disconnect/) &&
      has(reference, /^open (?!(\d+) -> \1$)/) &&
      !has(ours, /^open (?!(\d+) -> \1$)/),
  },
  {
    what: "A client that reconnects while its old connection is open recovers its session.",
    why: "A network that fails without notice is the usual case for recovery.",
    where: [
      "migration.md",
      "| A client that comes back with its session, by its secret id and an offset that can be restored,",
    ],
    explains: ({ input, step, guards, ours, reference }) =>
      guards.includes("SESSION_REUSED") &&
      /\d.*"pid":"[^"]+".*"offset":"[^"]+"/.test(textOf(input.steps[step])) &&
      has(ours, / disconnect forced server close \(.*\) SESSION_REUSED$/) &&
      has(ours, / connection .* true$|^ws\d frame 81 4[02]/) &&
      !has(reference, / connection .* true$/),
  },
  {
    what: "A session can be restored once.",
    why: "Each id belongs to one socket.",
    where: ["migration.md", "| A session that was restored | can be restored again,"],
    explains: ({ input, ours, reference, referenceSoFar }) =>
      input.server === "recovery" &&
      has(reference, / connection .* true$/) &&
      has(ours, / connection .* false$/) &&
      referenceSoFar.filter((line) => / connection .* true$/.test(line)).length > 1,
  },
  {
    what: "A session receives no events from before it began.",
    why: "The client may still have the offset of an earlier session.",
    where: [
      "migration.md",
      "| A client that is disconnected, comes back as a new one, and loses that connection",
    ],
  },
  {
    what: "An event with more than 10,000 arguments closes the connection.",
    why: "One client cannot stop the server.",
    where: ["migration.md", "| An event with more than 10,000 arguments |"],
    explains: ({ input, step, guards, ours }) =>
      guards.includes("TOO_MANY_ARGUMENTS") &&
      count(textOf(input.steps[step]), ",") >= 10_000 &&
      has(ours, / at most 10000 arguments, got \d+/),
  },
  {
    what: "A packet whose arrays and objects are nested more than 1,000 times closes the connection.",
    why: "One client cannot stop the server.",
    where: ["migration.md", "| A packet whose arrays and objects are nested more than 1,000 times"],
    explains: ({ input, step, guards }) =>
      guards.includes("PAYLOAD_TOO_DEEP") && count(textOf(input.steps[step]), /[[{]/g) > 1_000,
  },
  {
    what: "A long-polling request that is too large closes the connection at once.",
    why: "The application receives the reason.",
    where: ["migration.md", "| A long-polling request that is too large |"],
    explains: ({ input, step, guards, ours, reference }) =>
      guards.includes("PAYLOAD_TOO_LARGE") &&
      input.steps[step]?.do === "request" &&
      Buffer.byteLength(textOf(input.steps[step])) > LARGEST &&
      [ours, reference].every((lines) => has(lines, new RegExp(`^http${step} HTTP/1.1 413 `))),
  },
  {
    what: "Each attachment of a packet must arrive within pingInterval and pingTimeout.",
    why: "A connection cannot hold memory for an unlimited time.",
    where: ["migration.md", "have to come within `pingInterval` and `pingTimeout` each"],
    explains: ({ input, step, guards }) =>
      guards.includes("ATTACHMENT_TIMEOUT") &&
      announces(input.steps.slice(0, step)) &&
      sum(input.steps.slice(0, step + 1), ticked) >= HEARTBEAT,
  },
  {
    what: "Events and sessions are dropped at another time; an idle client is recovered.",
    why: "Events that are too old to be kept have been received.",
    where: ["migration.md", "| A client that had no event for longer than `maxDisconnectionDuration`,"],
    explains: ({ input, step, ours, reference }) =>
      input.server === "recovery" &&
      has(ours, / connection .* true$/) !== has(reference, / connection .* true$/) &&
      sum(input.steps.slice(0, step), ticked) >= 120_000,
  },
  {
    what: "A volatile event has an offset, with which its receiver can be recovered.",
    why: "Clients regard a string at the end of any event as an offset.",
    where: ["migration.md", "| A volatile event with connection state recovery and the built-in adapter |"],
    explains: ({ input, ours }) =>
      input.server === "recovery" && has(ours, /4(?:2|5\d+-)(?:\/[^,]*,)?\["volatile".*"<offset>"\]/),
  },
  {
    what: "The reference server crashes with an uncaught exception; this server continues.",
    why: "A client cannot stop the server.",
    where: ["migration.md", "One client cannot stop the server."],
    explains: ({ ours, reference }) => has(reference, /^UNCAUGHT /) && !has(ours, /^UNCAUGHT /),
  },
  {
    what: "Protocol 3: the name of a namespace is not modified; the reference server parses it as the path of a URL.",
    why: "Client cuts at the first question mark.",
    where: ["migration.md", "| The namespace that a client of version 2 asks for |"],
    explains: ({ input, step }) =>
      input.server === "old" &&
      input.steps
        .slice(0, step + 1)
        .some((one) => /\d(?=\/)[^,"]*(?:[^\w/,"-]|\/\/)/.test(JSON.stringify(one))),
  },
];

/** Known faults: an entry is removed with its cause. */
export const defects: readonly Documented[] = [];

/** Found by a repetition with the chunk split between its frames. */
export const inOneChunk: Documented = {
  what: "Messages in one chunk with a fragment, a control frame or a wrong frame are handled as if they came in two.",
  why: "ws handles the frame in a later turn; the network may split the chunk there as well.",
  where: [
    "migration.md",
    "| Messages of a WebSocket that arrive in one chunk with a fragment, a control frame or an invalid frame, and before it |",
  ],
};

/** A client is accepted, or a function that decides is called. */
const ADMISSION = /^(?:middleware |asked for |#\d+ (?=\S+ connection ))(\S+)/;

/** The option `maxHttpBufferSize` of the servers with long-polling. */
const LARGEST = 20_000;

/** The sum of `pingInterval` and `pingTimeout`. */
const HEARTBEAT = 45_000;

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

/** The data that a step sends, without the masks of its frames. */
function textOf(step: Step | undefined): string {
  switch (step?.do) {
    case "text":
      return step.text;
    case "end":
    case "reset":
      return step.text ?? "";
    case "binary":
      return step.bytes;
    case "bytes":
      return unmaskedText(Buffer.from(step.bytes, "latin1"));
    case "request":
      return separated(step.body ?? "");
    default:
      return "";
  }
}

/** Puts the packets of a payload of protocol 3, "<length>:<packet>...", on lines of their own. */
function separated(body: string): string {
  const packets: string[] = [];
  let rest = body;
  for (let head = /^(\d+):/.exec(rest); head; head = /^(\d+):/.exec(rest)) {
    const end = head[0].length + Number(head[1]);
    packets.push(rest.slice(head[0].length, end));
    rest = rest.slice(end);
  }
  return [...packets, rest].join("\n");
}

function count(text: string, what: string | RegExp): number {
  return text.split(what).length - 1;
}

function sum(steps: Step[], measure: (step: Step) => number): number {
  return steps.reduce((total, step) => total + measure(step), 0);
}

function ticked(step: Step): number {
  return step.do === "tick" ? step.ms : 0;
}

/** Whether there is a packet with attachments, or a mutation of one. */
function announces(steps: Step[]): boolean {
  return steps.some((step) => /4[56]\d*-/.test(textOf(step)));
}

/** The first step in which the servers differ; undefined if they do not. */
export function compare(input: Case, ours: Trace, reference: Trace): Divergence | undefined {
  // the last entry lists what is left behind, which is not compared with the reference server
  const [one, other] = [ours, reference].map((trace) => [
    ...trace.slice(0, -1).map(withoutGuardLines),
    trace[trace.length - 1].filter((line) => / answered /.test(line)).sort(),
  ]);
  const step = one.findIndex((lines, index) => lines.join("\n") !== other[index].join("\n"));
  return step === -1
    ? undefined
    : {
        input,
        step,
        ours: one[step],
        reference: other[step],
        guards: ours[step].filter((line) => isGuardLine(line)).map((line) => line.slice("guard ".length)),
        oursSoFar: one.slice(0, step + 1).flat(),
        referenceSoFar: other.slice(0, step + 1).flat(),
      };
}

export function explanation(divergence: Divergence): Documented | undefined {
  return [...documented, ...defects].find(({ explains }) => explains?.(divergence));
}

/** What our server has left behind, in the last entry of a trace, and uncaught errors. */
export function leftovers(trace: Trace, usual: string[]): string[] {
  const end = trace[trace.length - 1].filter((line) => line.startsWith("left: "));
  return [
    ...trace.flat().filter(isUncaught),
    ...end.filter(
      (line) => !usual.includes(line) && (!/^left: timers/.test(line) || number(line) > most(usual)),
    ),
  ];
}

const number = (line: string) => Number(/\d+$/.exec(line)?.[0]);
const most = (lines: string[]) => Math.max(...lines.filter((line) => /timers/.test(line)).map(number));
