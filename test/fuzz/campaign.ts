/** Generates cases, applies them to both servers, and keeps the differences. */

import { Random } from "../support/random";
import { type Case, isGuarded } from "./cases";
import { compare, type Documented, explanation, inOneChunk, leftovers } from "./differences";
import { boundariesIfSpecial } from "./frames";
import { toldCodes, violations } from "./invariants";
import { memoryProblem } from "./memory";
import { reconcile } from "./reconciled";
import { Replay } from "./replay";
import { smaller } from "./smaller";
import { SubjectLost, SubjectProcess } from "./subject-process";
import { makeCase, targets } from "./targets";
import type { Trace } from "./traces";

export interface Finding {
  /** The common description of findings of the same kind. */
  kind: string;
  /** The smallest input that was found. */
  input: Case;
  /** The number of the step that differs, counted from 0. */
  step: number;
  ours: string[];
  reference: string[];
  /** The number of inputs with this finding. */
  times: number;
}

export interface Report {
  seed: number;
  /** The number of inputs, by target. */
  tried: Map<string, number>;
  /** The number of occurrences of each documented difference. */
  met: Map<Documented, number>;
  findings: Map<string, Finding>;
  /** The number of inputs for guarded servers for which each guard reported its code. */
  told: Map<string, number>;
  /** The number of differences that the same input did not reproduce. */
  unstable: number;
  /** The number of inputs whose memory was examined. */
  examined: number;
  /** The heap of our server after a garbage collection, measured from time to time, in bytes. */
  heap: number[];
}

export interface Plan {
  seed: number;
  /** The duration in milliseconds, or the number of inputs. */
  time?: number;
  inputs?: number;
  /** Only this target; undefined for all. */
  target?: string;
  /** The memory is examined for one of so many inputs, by repeating it; undefined for none. */
  memoryEvery?: number;
  /** The number of smaller inputs to try for a finding. */
  minimising: number;
  onFinding?(finding: Finding): void;
}

/** The result of one input. */
interface Outcome {
  /** The documented differences that occurred. */
  met: Documented[];
  /** The codes that guards have reported. */
  told: Iterable<string>;
  found?: Found | undefined;
}

type Found = Omit<Finding, "input" | "times">;

type Judge = (input: Case) => Promise<Pick<Outcome, "found">>;

const HEAP_EVERY = 500;

/** The number of first inputs whose memory is not examined, since code is still being compiled. */
const WARM_UP = 100;

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
      examined: 0,
      heap: [],
    };
    const { time = Number.POSITIVE_INFINITY, inputs = Number.POSITIVE_INFINITY } = plan;
    const end = performance.now() + time;
    for (let index = 0; index < inputs && performance.now() < end; index++) {
      const target = chosen[index % chosen.length];
      const input = makeCase(target, new Random(Math.imul(seed, 0x9e3779b1) + index));
      report.tried.set(target, (report.tried.get(target) ?? 0) + 1);
      await this.judge(input, plan, report);
      if (plan.memoryEvery && index >= WARM_UP && index % plan.memoryEvery === 0) {
        await this.judgeMemory(input, plan, report);
      }
      if (index % HEAP_EVERY === HEAP_EVERY - 1) {
        report.heap.push(await this.held());
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
    await this.report({ ...again, input, times: 1 }, plan, report, (smaller) => this.try(smaller));
  }

  private async judgeMemory(input: Case, plan: Plan, report: Report): Promise<void> {
    report.examined++;
    const { found } = await this.tryMemory(input);
    if (found) {
      await this.report({ ...found, input, times: 1 }, plan, report, (smaller) => this.tryMemory(smaller));
    }
  }

  /** Applies one input to our server several times. */
  private async tryMemory(input: Case): Promise<Pick<Outcome, "found">> {
    try {
      const problem = await memoryProblem(this.ours, input);
      return problem
        ? { found: { kind: problem.rule, step: input.steps.length, ours: problem.lines, reference: [] } }
        : {};
    } catch (error) {
      const reason = await this.lost(this.ours, error);
      return { found: finding(input.steps.length, [reason], [], input) };
    }
  }

  private async report(first: Finding, plan: Plan, report: Report, again: Judge): Promise<void> {
    const known = report.findings.get(first.kind);
    if (known) {
      known.times++;
      return;
    }
    const finding = await this.minimise(first, plan.minimising, again);
    report.findings.set(first.kind, finding);
    plan.onFinding?.(finding);
  }

  private async held(): Promise<number> {
    return (await this.ours.ask({ do: "heap" })).held as number;
  }

  /** Applies one input to both servers, or to ours only if the reference server lacks the guards. */
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
      const [one, other] = traces.map((end) => (typeof end === "string" ? end : "continues"));
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
    // each later input would find it again
    await this.ours.restart();
    return finding(input.steps.length, left, reference, input);
  }

  /** The traces of both servers, for printing. */
  traces(input: Case): Promise<(Trace | string)[]> {
    return Promise.all([this.replay(this.ours, input), this.replay(this.reference, input)]);
  }

  /** The trace, or the reason why the server was lost. */
  private async replay(subject: SubjectProcess, input: Case): Promise<Trace | string> {
    try {
      return await new Replay(subject, input).run();
    } catch (error) {
      return this.lost(subject, error);
    }
  }

  /** Starts the server again; returns the reason why it was lost. */
  private async lost(subject: SubjectProcess, error: unknown): Promise<string> {
    if (!(error instanceof SubjectLost)) {
      throw error;
    }
    await subject.restart();
    return error.message;
  }

  /** Removes the parts that are not necessary for the same kind of finding. */
  private async minimise(found: Finding, tries: number, judge: Judge): Promise<Finding> {
    let best = found;
    let left = tries;
    for (let improved = true; improved && left > 0; ) {
      improved = false;
      for (const input of smaller(best.input)) {
        if (left-- <= 0) {
          break;
        }
        const { found: again } = await judge(input);
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

/** The same case with each frame in a separate chunk; undefined if there is no difference, or only plain messages. */
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

/** A line without the parts that depend on the input. */
function gist(line: string): string {
  return line
    .replace(/\[.*|\{.*|\(.*/s, "")
    .replace(/\d+/g, "0")
    .replace(/\/[\w-]+/g, "/")
    .slice(0, 120);
}
