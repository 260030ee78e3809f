/** Makes cases, does them to both servers, and keeps what differs. */
import type { Case, Step } from "./cases";
import { compare, type Documented, explanation, inOneChunk, leftovers } from "./differences";
import { boundariesIfSpecial } from "./frames";
import { Random } from "./random";
import { Replay, type Trace } from "./replay";
import { SubjectLost, SubjectProcess } from "./subject-process";
import { makeCase, targets } from "./targets";

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

/** What one input led to; undefined if the servers did the same. */
type Outcome = { documented: Documented } | Omit<Finding, "input" | "times"> | undefined;

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
    const outcome = await this.try(input);
    if (!outcome) {
      return;
    }
    if ("documented" in outcome) {
      report.met.set(outcome.documented, (report.met.get(outcome.documented) ?? 0) + 1);
      return;
    }
    const again = await this.try(input);
    if (!again || "documented" in again) {
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

  /** Does one input to both. */
  async try(input: Case): Promise<Outcome> {
    const [ours, reference] = await Promise.all([
      this.replay(this.ours, input),
      this.replay(this.reference, input),
    ]);
    if (typeof ours === "string" || typeof reference === "string") {
      const [one, other] = [ours, reference].map((end) => (typeof end === "string" ? end : "goes on"));
      return one === other ? undefined : finding(input.steps.length, [one], [other], input);
    }
    const divergence = compare(input, ours, reference);
    if (divergence) {
      const difference = explanation(divergence);
      if (difference) {
        return { documented: difference };
      }
      const cut = cutBetweenFrames(input, divergence.step);
      const whenCut = cut ? await this.try(cut) : undefined;
      return cut && !(whenCut && "kind" in whenCut)
        ? { documented: inOneChunk }
        : finding(divergence.step, divergence.ours, divergence.reference, input);
    }
    const left = leftovers(ours[ours.length - 1], this.usual);
    if (left.length > 0) {
      // it would be found again with each input that follows
      await this.ours.restart();
      return finding(input.steps.length, left, reference[reference.length - 1], input);
    }
    return undefined;
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
        const outcome = await this.try(input);
        if (outcome && "kind" in outcome && outcome.kind === found.kind) {
          best = { ...outcome, input, times: 1 };
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
  if (step.do !== "bytes") {
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

/** Inputs with less in them, the boldest first. */
function* smaller(input: Case): Iterable<Case> {
  const { steps } = input;
  for (let size = Math.ceil(steps.length / 2); size > 0; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let start = steps.length - size; start >= 0; start -= size) {
      yield { ...input, steps: [...steps.slice(0, start), ...steps.slice(start + size)] };
    }
  }
  for (const [index, step] of steps.entries()) {
    for (const simpler of simplerSteps(step)) {
      yield { ...input, steps: steps.with(index, simpler) };
    }
  }
}

function* simplerSteps(step: Step): Iterable<Step> {
  if (step.do === "bytes" && step.cuts?.length) {
    yield { ...step, cuts: [] };
    yield* step.cuts.map((_, index) => ({ ...step, cuts: step.cuts?.toSpliced(index, 1) }));
  }
  const key = { text: "text", binary: "bytes", bytes: "bytes", request: "body" }[step.do as string];
  const text = key && (step as unknown as Record<string, string | undefined>)[key];
  if (!key || !text) {
    return;
  }
  for (let size = Math.ceil(text.length / 2); size > 0; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let start = 0; start < text.length; start += size) {
      yield { ...step, [key]: text.slice(0, start) + text.slice(start + size) } as Step;
    }
  }
}
