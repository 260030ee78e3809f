/** The memory of an idle connection, by kind of object: `node benchmark/heap.mjs [--parts] [connections]`. */
import { Child, stopChildren } from "./child.mjs";
import { subjects } from "./subjects.mjs";

const args = process.argv.slice(2);
const parts = args.includes("--parts");
const [count = "2000"] = args.filter((arg) => arg !== "--parts");
const connections = Number(count);
if (!(connections > 0)) {
  process.stderr.write("Usage: node benchmark/heap.mjs [--parts] [connections]\n");
  process.exit(2);
}

const compared = ["reference", "ours", "naive", "floor"].map((name) =>
  subjects.find((subject) => subject.name === name),
);

try {
  const measured = [];
  for (const subject of compared) {
    process.stderr.write(`${subject.title}\n`);
    measured.push(await heapPerConnection(subject));
  }
  const totals = measured.map((kinds) => sum([...kinds.values()]));
  const all = new Set(measured.flatMap((kinds) => [...kinds.keys()]));
  const rows = [...all]
    .map((kind) => ({ kind, bytes: measured.map((kinds) => kinds.get(kind) ?? 0) }))
    .filter(({ bytes }) => Math.max(...bytes) >= 16)
    .sort((a, b) => Math.max(...b.bytes.slice(0, 2)) - Math.max(...a.bytes.slice(0, 2)));
  const line = (cells) => `| ${cells.join(" | ")} |\n`;
  process.stdout.write(
    `\`node benchmark/heap.mjs ${args.join(" ")}\`, Node.js ${process.version}, bytes\n\n`,
  );
  process.stdout.write(line(["of each connection", ...compared.map(({ title }) => title)]));
  process.stdout.write(line(["---", ...compared.map(() => "---:")]));
  for (const { kind, bytes } of rows) {
    process.stdout.write(line([kind, ...bytes.map((value) => Math.round(value) || "")]));
  }
  const rest = totals.map((total, index) => total - sum(rows.map(({ bytes }) => bytes[index])));
  process.stdout.write(line(["others", ...rest.map(Math.round)]));
  process.stdout.write(line(["**all**", ...totals.map((total) => `**${Math.round(total)}**`)]));
} finally {
  await stopChildren();
}

/** @returns {Promise<Map<string, number>>} bytes of each kind */
async function heapPerConnection({ name, title, file, packageName, dialect }) {
  const server = new Child(title, "./servers/main.mjs", [`./${file}`, packageName]);
  const load = new Child("load generator", "./load/main.mjs");
  const { port } = await server.ask("start", { rooms: 1 });
  const connect = (which) =>
    load.ask("connect", { name: `${name} ${which}`, port, dialect, clients: connections, rooms: 1 });
  // the first connections create what all connections share
  await connect("first");
  const before = await server.ask("heap", undefined, 120);
  await connect("second");
  const after = await server.ask("heap", undefined, 120);
  await Promise.all([server.stop(), load.stop()]);
  const kinds = new Map();
  for (const [kind, bytes] of Object.entries(after)) {
    const group = parts ? kind : kind.split(" › ", 1)[0];
    kinds.set(group, (kinds.get(group) ?? 0) + (bytes - (before[kind] ?? 0)) / connections);
  }
  return kinds;
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}
