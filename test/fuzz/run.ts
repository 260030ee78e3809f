/**
 * Compares the server with the reference server on generated input:
 * `npm run fuzz -- --minutes 30 [--seed N] [--target name]`.
 *
 * `--replay file` repeats the input of a finding, and prints the traces of both servers.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { Campaign, type Finding, type Report } from "./campaign";
import { defects } from "./differences";
import { targets } from "./targets";

const folder = join(__dirname, "findings");

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    target: { type: "string" },
    replay: { type: "string" },
  },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed);
if (!(minutes > 0) || !Number.isInteger(seed) || (values.target && !targets.includes(values.target))) {
  console.error(
    `Usage: npm run fuzz -- [--minutes N] [--seed N] [--target ${targets.join("|")}] [--replay file]`,
  );
  process.exit(2);
}

function keep(finding: Finding, number: number): void {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${seed}-${number}.json`);
  writeFileSync(file, `${JSON.stringify(finding, null, 2)}\n`);
  console.log(`\n${relative(process.cwd(), file)}\n${described(finding)}`);
}

function described({ kind, input, step, ours, reference }: Finding): string {
  const lines = (title: string, items: unknown[]) => [title, ...items.map((item) => `    ${item}`)];
  return [
    `  ${kind}`,
    ...lines(
      `  input, for the server "${input.server}"`,
      input.steps.map((one) => JSON.stringify(one).slice(0, 1_000)),
    ),
    ...lines(`  ours, in step ${step}`, ours),
    ...lines("  reference", reference),
  ].join("\n");
}

function print(report: Report): void {
  console.log(`\nseed ${report.seed}`);
  for (const [target, count] of report.tried) {
    console.log(`  ${target}: ${count} inputs`);
  }
  const all = [...report.tried.values()].reduce((sum, count) => sum + count, 0);
  for (const [difference, count] of [...report.met].sort(([, one], [, other]) => other - one)) {
    const kind = defects.includes(difference) ? "known defect" : "documented";
    console.log(`  ${kind}, ${count} times (${((100 * count) / all).toFixed(1)} %): ${difference.what}`);
  }
  const told = [...report.told].sort(([one], [other]) => (one < other ? -1 : 1));
  console.log(`  guards reached: ${told.map(([code, count]) => `${code} ${count}`).join(", ")}`);
  console.log(`  not reproduced: ${report.unstable}`);
  console.log(`  examined for retained memory: ${report.examined} inputs`);
  console.log(`  heap: ${report.heap.map((bytes) => `${(bytes / 1e6).toFixed(1)} MB`).join(", ")}`);
  console.log(`  differences: ${report.findings.size}`);
  for (const { kind, times } of report.findings.values()) {
    console.log(`    ${times} times: ${kind}`);
  }
}

/** Whether the heap of our server grows: compares the last quarter with the second one. */
function grows({ heap }: Report): boolean {
  const quarter = Math.floor(heap.length / 4);
  const least = (from: number) => Math.min(...heap.slice(from, from + quarter));
  return (
    quarter > 1 && least(3 * quarter) > least(quarter) + 2e6 && least(3 * quarter) > 1.1 * least(quarter)
  );
}

async function main(): Promise<void> {
  const campaign = await Campaign.start(process.env.SUBJECT ?? "lib");
  try {
    if (values.replay) {
      const { input } = JSON.parse(readFileSync(values.replay, "utf8")) as Finding;
      const [ours, reference] = await campaign.traces(input);
      console.log(JSON.stringify({ input, ours, reference }, null, 2));
      return;
    }
    let number = 0;
    const report = await campaign.run({
      seed,
      time: minutes * 60_000,
      target: values.target,
      memoryEvery: 53,
      minimising: 300,
      onFinding: (finding) => keep(finding, ++number),
    });
    print(report);
    if (grows(report)) {
      console.log("The heap of the server grows.");
    }
    process.exitCode = report.findings.size > 0 || grows(report) ? 1 : 0;
  } finally {
    await campaign.stop();
  }
}

main();
