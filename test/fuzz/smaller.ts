/** Reduces inputs. */
import { type Case, HONEST, isGuarded, type Step } from "./cases";

/** Smaller inputs, the smallest first. */
export function* smaller(input: Case): Iterable<Case> {
  const { steps } = input;
  const mayChange = (step: Step) => !(isGuarded(input.server) && "on" in step && step.on === HONEST);
  for (let size = Math.ceil(steps.length / 2); size > 0; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let start = steps.length - size; start >= 0; start -= size) {
      const end = start + size;
      const fewer = steps.filter((step, index) => index < start || index >= end || !mayChange(step));
      if (fewer.length < steps.length) {
        yield { ...input, steps: fewer };
      }
    }
  }
  for (const [index, step] of steps.entries()) {
    for (const simpler of mayChange(step) ? simplerSteps(step) : []) {
      yield { ...input, steps: steps.with(index, simpler) };
    }
  }
}

function* simplerSteps(step: Step): Iterable<Step> {
  if (step.do === "bytes" && step.cuts?.length) {
    yield { ...step, cuts: [] };
    yield* step.cuts.map((_, index) => ({ ...step, cuts: step.cuts?.toSpliced(index, 1) }));
  }
  if ((step.do === "text" || step.do === "control") && step.times && step.times > 1) {
    yield { ...step, times: 1 };
    yield { ...step, times: Math.ceil(step.times / 2) };
  }
  const key = {
    text: "text",
    binary: "bytes",
    control: "bytes",
    bytes: "bytes",
    request: "body",
    message: "json",
  }[step.do as string];
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
