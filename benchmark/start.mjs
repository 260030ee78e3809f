/**
 * Measures how long a process takes to load the library, and to create its first server: `node benchmark/start.mjs [rounds]`.
 *
 * Each measurement is the CPU time of a new process, user and system. This library and the reference server take turns; the
 * table has the medians, and the median of the ratios of the rounds (above 1: this library is faster).
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const rounds = Number(process.argv[2] ?? 31);

const steps = {
  'require("socket.io")': (name) => `require(${JSON.stringify(name)});`,
  "and the first server": (name) =>
    `new (require(${JSON.stringify(name)}).Server)(require("node:http").createServer());`,
};

/** The CPU time of a new process while it runs some code, in milliseconds. */
function timeOf(code) {
  const program = `
    const before = process.cpuUsage();
    ${code}
    const { user, system } = process.cpuUsage(before);
    console.log((user + system) / 1000);
    process.exit();`;
  const { stdout, stderr } = spawnSync(process.execPath, ["-e", program], { cwd: root, encoding: "utf8" });
  if (!(Number(stdout) > 0)) {
    throw new Error(stderr);
  }
  return Number(stdout);
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

for (const [title, codeFor] of Object.entries(steps)) {
  const times = { "./dist/index.js": [], "socket.io-reference": [] };
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 ? Object.keys(times) : Object.keys(times).reverse()) {
      times[name].push(timeOf(codeFor(name)));
    }
  }
  const [ours, reference] = Object.values(times);
  const ratio = median(ours.map((time, round) => reference[round] / time));
  console.log(
    `${title}: ${median(ours).toFixed(0)} ms, reference ${median(reference).toFixed(0)} ms, ratio ${ratio.toFixed(2)}`,
  );
}
