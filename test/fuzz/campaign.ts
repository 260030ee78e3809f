/** Makes cases, does them to both servers, and keeps what differs. */

import { Random } from "../support/random";
import { type Case, isGuarded } from "./cases";
import { compare, type Documented, explanation, inOneChunk, leftovers } from "./differences";
import { boundariesIfSpecial } from "./frames";
import { toldCodes, violations } from "./invariants";
import { reconcile } from "./reconciled";
import { Replay } from "./replay";
import { smaller } from "./smaller";
import { SubjectLost, SubjectProcess } from "./subject-process";
import { makeCase, targets } from "./targets";
import type { Trace } from "./traces";

export interface Finding {
  /** What is the same for findings of the same kind. */
  kind: string;
  /** As small as it could be made. */
  input: Case;
  /** Of the step that differs, counted from 0. */
  step: number;
  ours: string[];
  reference: string[];
  /** How many inputs led to it. */
  times: number;
}

export interface Report {
  seed: number;
  /** Inputs tried, by target. */
  tried: Map<string, number>;
  /** How often each documented difference was met. */
  met: Map<Documented, number>;
  findings: Map<string, Finding>;
  /** How many inputs for guarded servers made each guard tell its code. */
  told: Map<string, number>;
  /** Differences that did not show again with the same input. */
  unstable: number;
  /** Bytes of our server after a collection, once in a while. */
  heap: number[];
}

export interface Plan {
  seed: number;
  /** For so many milliseconds, or for so many inputs. */
  time?: number;
  inputs?: number;
  /** Only this one; undefined is all. */
  target?: string;
  /** How often a failing input may be tried again in smaller forms. */
  minimising: number;
  onFinding?(finding: Finding): void;
}

/** What one input led to. */
interface Outcome {
  /** The documented differences that were met. */
  met: Documented[];
  /** The codes that guards have told. */
  told: Iterable<string>;
  found?: Found | undefined;
}

type Found = Omit<Finding, "input" | "times">;

const HEAP_EVERY = 500;

export class Campaign {
  private constructor(
    private readonly ours: SubjectProcess,
    private readonly reference: SubjectProcess,
    private usual: string[],
  ) {}

  static async start(name: string): Promise<Campaign> {
    const [ours, reference] = await Promise.all(
      [name, "reference"].map((subject) => SubjectProcess.start(subject)),
    );
    const { log } = await ours.ask({ do: "finish" });
    return new Campaign(ours, reference, log);
  }

  async stop(): Promise<void> {
    await Promise.all([this.ours.stop(), this.reference.stop()]);
  }

  async run(plan: Plan): Promise<Report> {
    const { seed } = plan;
    const chosen = plan.target ? [plan.target] : targets;
    const report: Report = {
      seed,
      tried: new Map(chosen.map((target) => [target, 0])),
      met: new Map(),
      findings: new Map(),
      told: new Map(),
      unstable: 0,
      heap: [],
    };
    const { time = Number.POSITIVE_INFINITY, inputs = Number.POSITIVE_INFINITY } = plan;
    const end = performance.now() + time;
    for (let index = 0; index < inputs && performance.now() < end; index++) {
      const target = chosen[index % chosen.length];
      const input = makeCase(target, new Random(Math.imul(seed, 0x9e3779b1) + index));
      report.tried.set(target, (report.tried.get(target) ?? 0) + 1);
      await this.judge(input, plan, report);
      if (index % HEAP_EVERY === HEAP_EVERY - 1) {
        const { heapUsed } = await this.ours.ask({ do: "heap" });
        report.heap.push(heapUsed as number);
      }
    }
    return report;
  }

  private async judge(input: Case, plan: Plan, report: Report): Promise<void> {
    const { met, told, found } = await this.try(input);
    for (const difference of met) {
      report.met.set(difference, (report.met.get(difference) ?? 0) + 1);
    }
    for (const code of told) {
      report.told.set(code, (report.told.get(code) ?? 0) + 1);
    }
    if (!found) {
      return;
    }
    const { found: again } = await this.try(input);
    if (!again) {
      report.unstable++;
      return;
    }
    const known = report.findings.get(again.kind);
    if (known) {
      known.times++;
      return;
    }
    const finding = await this.minimise({ ...again, input, times: 1 }, plan.minimising);
    report.findings.set(again.kind, finding);
    plan.onFinding?.(finding);
  }

  /** Does one input to both; to ours alone, where the reference has no such guards. */
  async try(input: Case): Promise<Outcome> {
    return isGuarded(input.server) ? this.tryAlone(input) : this.tryBoth(input);
  }

  private async tryAlone(input: Case): Promise<Outcome> {
    const trace = await this.replay(this.ours, input);
    if (typeof trace === "string") {
      return { met: [], told: [], found: finding(input.steps.length, [trace], [], input) };
    }
    const violation = violations(input, trace);
    const found = violation
      ? { kind: violation.rule, step: violation.step, ours: violation.lines, reference: [] }
      : await this.leftBehind(input, trace, []);
    return { met: [], told: toldCodes(trace), found };
  }

  private async tryBoth(input: Case): Promise<Outcome> {
    const traces = await this.traces(input);
    if (traces.some((trace) => typeof trace === "string")) {
      const [one, other] = traces.map((end) => (typeof end === "string" ? end : "goes on"));
      const found = one === other ? undefined : finding(input.steps.length, [one], [other], input);
      return { met: [], told: [], found };
    }
    const { ours, reference, met } = reconcile(...(traces as [Trace, Trace]));
    const divergence = compare(input, ours, reference);
    if (divergence) {
      const difference = explanation(divergence) ?? (await this.isDueToChunk(input, divergence.step));
      if (!difference) {
        const { step, ours: one, reference: other } = divergence;
        return { met, told: [], found: finding(step, one, other, input) };
      }
      met.push(difference);
    }
    const found = await this.leftBehind(input, ours, reference[reference.length - 1]);
    return { met, told: [], found };
  }

  private async isDueToChunk(input: Case, step: number): Promise<Documented | undefined> {
    const cut = cutBetweenFrames(input, step);
    return cut && !(await this.try(cut)).found ? inOneChunk : undefined;
  }

  private async leftBehind(input: Case, ours: Trace, reference: string[]): Promise<Found | undefined> {
    const left = leftovers(ours, this.usual);
    if (left.length === 0) {
      return undefined;
    }
    // it would be found again with each input that follows
    await this.ours.restart();
    return finding(input.steps.length, left, reference, input);
  }

  /** What both do, for whoever wants to see all of it. */
  traces(input: Case): Promise<(Trace | string)[]> {
    return Promise.all([this.replay(this.ours, input), this.replay(this.reference, input)]);
  }

  /** The trace; or how the server was lost. */
  private async replay(subject: SubjectProcess, input: Case): Promise<Trace | string> {
    try {
      return await new Replay(subject, input).run();
    } catch (error) {
      if (!(error instanceof SubjectLost)) {
        throw error;
      }
      await subject.restart();
      return error.message;
    }
  }

  /** Leaves out what is not needed for the same kind of finding. */
  private async minimise(found: Finding, tries: number): Promise<Finding> {
    let best = found;
    let left = tries;
    for (let improved = true; improved && left > 0; ) {
      improved = false;
      for (const input of smaller(best.input)) {
        if (left-- <= 0) {
          break;
        }
        const { found: again } = await this.try(input);
        if (again?.kind === found.kind) {
          best = { ...again, input, times: 1 };
          improved = true;
          break;
        }
      }
    }
    return best;
  }
}

/** The same, with each frame in a chunk of its own; undefined if it is so already, or all frames are plain messages. */
function cutBetweenFrames(input: Case, index: number): Case | undefined {
  const step = input.steps[index];
  if (step?.do !== "bytes") {
    return undefined;
  }
  const ends = boundariesIfSpecial(Buffer.from(step.bytes, "latin1"));
  const cuts = [...new Set([...(step.cuts ?? []), ...(ends ?? [])])];
  const isCut = cuts.length === new Set(step.cuts).size;
  return ends && !isCut ? { ...input, steps: input.steps.with(index, { ...step, cuts }) } : undefined;
}

function finding(
  step: number,
  ours: string[],
  reference: string[],
  input: Case,
): Omit<Finding, "input" | "times"> {
  const only = (lines: string[], others: string[]) => lines.find((line) => !others.includes(line)) ?? "";
  const what = [only(ours, reference), only(reference, ours)].map(gist).join(" | ");
  return { kind: `${input.steps[step]?.do ?? "end"}: ${what}`, step, ours, reference };
}

/** A line without what depends on the input. */
function gist(line: string): string {
  return line
    .replace(/\[.*|\{.*|\(.*/s, "")
    .replace(/\d+/g, "0")
    .replace(/\/[\w-]+/g, "/")
    .slice(0, 120);
}
