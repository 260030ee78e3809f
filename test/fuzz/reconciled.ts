/** Differences in the reports of the servers only: they are removed from the traces, and everything else is compared. */
import type { Documented } from "./differences";
import { isGuardLine, type Trace } from "./traces";

interface Reconciled extends Documented {
  /** Removes the difference from the traces; returns whether it was there. */
  takeOut(ours: Trace, reference: Trace): boolean;
}

export const reconciled: readonly Reconciled[] = [
  {
    what: "A WebSocket message that is too large: the error has a code.",
    why: "A program can distinguish such errors.",
    where: ["errors.md", "| `PAYLOAD_TOO_LARGE` |"],
    takeOut: (ours) => replaceIn(ours, withoutCode) > 0,
  },
  {
    what: "The refusal of a client of version 2 over HTTP names the option that would accept it.",
    why: "The response contains the solution.",
    where: ["errors.md", "| 5 | Unsupported protocol version | 400 |"],
    takeOut: (ours) => replaceIn(ours, withoutAllowEIO3) > 0,
  },
  {
    what: "A connection that a guard closes receives the code, in the close frame or the close packet.",
    why: "The client can show it.",
    where: ["limits/reports.md", "The client receives the code as well when a guard closes its connection."],
    takeOut: (ours) => replaceIn(ours, withoutCloseCode) > 0,
  },
  {
    what: "The middleware does not run for a client whose connection closes in the turn of its CONNECT packet.",
    why: "The client has disconnected.",
    where: [
      "migration.md",
      "| A CONNECT packet that is followed, in the same chunk, by something that closes the connection |",
    ],
    takeOut: (ours, reference) => {
      let taken = 0;
      for (const [step, lines] of reference.entries()) {
        if (isEndOfConnection(lines) && isEndOfConnection(ours[step] ?? [])) {
          const run = counts(ours[step]);
          reference[step] = lines.filter((line) => {
            const isExtra = /^middleware /.test(line) && !run.take(line);
            taken += Number(isExtra);
            return !isExtra;
          });
        }
      }
      return taken > 0;
    },
  },
  {
    what: "An acknowledgement with a timeout() fails at once when its client disconnects, rather than after the timeout.",
    why: "No answer can arrive.",
    where: ["migration.md", "| An answer with a `timeout()` when the client leaves |"],
    takeOut: (ours, reference) => {
      let taken = 0;
      for (const [step, lines] of ours.entries()) {
        ours[step] = lines.filter((line) => {
          const isEarly = EARLY.test(line);
          const late = line.replace(EARLY, "$1'Error: operation has timed out' ]");
          const isKnown = isEarly && takeLast(reference, step, late);
          taken += Number(isKnown);
          return !isKnown;
        });
      }
      return taken > 0;
    },
  },
];

const EARLY = /^(#\d+ \S+ answered \[ )'Error: socket has been disconnected' \]$/;

/** The traces without these differences, and the differences that occurred. */
export function reconcile(
  ours: Trace,
  reference: Trace,
): { ours: Trace; reference: Trace; met: Documented[] } {
  const [one, other] = [ours, reference].map((trace) => trace.map((lines) => [...lines]));
  const met = reconciled.filter(({ takeOut }) => takeOut(one, other));
  return { ours: one, reference: other, met };
}

/** Only if the guard has reported it. */
function withoutCode(line: string, lines: string[]): string {
  return lines.some((other) => isGuardLine(other, "PAYLOAD_TOO_LARGE"))
    ? line.replace(/^(#\d+ .* \(RangeError: Max payload size exceeded\)) PAYLOAD_TOO_LARGE$/, "$1")
    : line;
}

/** The codes of guards are reported where the frame or the packet was sent, which may be a step earlier. */
function withoutCloseCode(line: string): string {
  const packet =
    /^(http\d+ HTTP\/1\.1 200 OK.*Content-Length: )(\d+)(\\r\\n.*\\r\\n\\r\\n(?:.*[^ -~])?1)([A-Z]+_[A-Z_]+)(.*)$/.exec(
      line,
    );
  if (packet) {
    const [, before = "", length, between = "", code = "", after = ""] = packet;
    // a client that polls only then receives a close packet of the engine too, after a "noop" with the reference server
    const kind = after === "" ? "1" : "6";
    return before + (Number(length) - code.length) + between.slice(0, -1) + kind + after;
  }
  // status 1008 and the code
  return line.replace(/^(ws\d+ frame 88 )03f0(?:[46][0-9a-f]|5[0-9a-f])+$/, "$1");
}

/** In a body of one chunk, which starts with its length. */
function withoutAllowEIO3(line: string): string {
  return line.replace(
    /[0-9a-f]{2}(\\r\\n\{"code":5,"message":"Unsupported protocol version): .*?"(?=\})/,
    '33$1"',
  );
}

function replaceIn(trace: Trace, replace: (line: string, lines: string[]) => string): number {
  let replaced = 0;
  for (const [step, lines] of trace.entries()) {
    trace[step] = lines.map((line) => {
      const other = replace(line, lines);
      replaced += Number(other !== line);
      return other;
    });
  }
  return replaced;
}

/** Whether there are fewer open connections than before. */
function isEndOfConnection(lines: string[]): boolean {
  const [, before, after] = /^open (\d+) -> (\d+)$/.exec(lines.at(-1) ?? "") ?? [];
  return Number(after) < Number(before);
}

/** The number of occurrences of each line; `take` returns false if the line was taken that often already. */
function counts(lines: string[]): { take(line: string): boolean } {
  const left = new Map<string, number>();
  for (const line of lines) {
    left.set(line, (left.get(line) ?? 0) + 1);
  }
  return {
    take(line) {
      const count = left.get(line) ?? 0;
      left.set(line, count - 1);
      return count > 0;
    },
  };
}

/** Removes the last such line, if there is one in this step or a later one. */
function takeLast(trace: Trace, first: number, line: string): boolean {
  for (let step = trace.length - 1; step >= first; step--) {
    const index = trace[step].lastIndexOf(line);
    if (index !== -1) {
      trace[step].splice(index, 1);
      return true;
    }
  }
  return false;
}
