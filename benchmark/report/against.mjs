/** Compares a run with an earlier one: the rows in which this library has become worse by more than their noise. */
import { ratio } from "./table.mjs";

/** A smaller difference of two medians is not reported, even in a row without noise. */
const smallest = 0.03;

/**
 * @typedef {import("../session.mjs").Line} Line
 *
 * @param {Line[]} before
 * @param {Line[]} after
 * @returns {{ worse: string[], skipped: string[] }} sentences
 */
export function compare(before, after) {
  const worse = [];
  const skipped = [];
  for (const line of after.filter(({ control }) => !control)) {
    const earlier = before.find(({ id }) => id === line.id);
    const reason = whyNot(earlier, line);
    if (reason) {
      skipped.push(`${line.id} is not compared: ${reason}`);
    } else if (isWorse(earlier.ratios.ours, line.ratios.ours)) {
      worse.push(
        `${line.id} has become worse: ${ratio(earlier.ratios.ours)} before, ${ratio(line.ratios.ours)} now`,
      );
    }
  }
  return { worse, skipped };
}

/** Each median is outside the spread of the other one. */
function isWorse(before, after) {
  return (
    after.median < before.min && before.median > after.max && after.median < before.median * (1 - smallest)
  );
}

function whyNot(before, after) {
  if (!before?.ratios.ours || !after.ratios.ours) {
    return "it was not measured in both runs";
  }
  if (before.what !== after.what || before.load !== after.load) {
    return "the loads differ";
  }
  const single = [before, after].some(({ ratios: { ours } }) => ours.min === ours.max);
  return single ? "a single round does not show its noise" : undefined;
}
