/**
 * Broadcasts while some clients do not read: `node benchmark/slow-readers.mjs [clients] [clients that do not read]`.
 * Takes about 90 seconds.
 */
import { Child, stopChildren } from "./child.mjs";
import { Fleet } from "./load/fleet.mjs";
import { clientFrame } from "./wire/frames.mjs";

const [clients, slow] = [process.argv[2] ?? "1000", process.argv[3] ?? "10"].map(Number);
if (!(clients > slow && slow > 0)) {
  process.stderr.write("Usage: node benchmark/slow-readers.mjs [clients] [clients that do not read]\n");
  process.exit(2);
}

const maxBufferedBytes = 256 * 1024;
const plan = { rate: 40, burst: 1, seconds: 8, bytes: 2048 };

const reference = "socket.io-reference";
const ours = "../..";
const compared = [
  { title: "reference", packageName: reference },
  { title: "reference, all read", packageName: reference, all: true },
  { title: "this library", packageName: ours },
  { title: "this library, all read", packageName: ours, all: true },
  ...["disconnect", "drop-oldest"].map((policy) => ({
    title: `this library, ${policy}`,
    packageName: ours,
    slowConsumer: { maxBufferedBytes, policy },
  })),
];

const line = (cells) => process.stdout.write(`| ${cells.join(" | ")} |\n`);
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

try {
  process.stdout.write(
    `${clients} clients, of which ${slow} do not read; broadcasts of ${plan.bytes} bytes, ` +
      `${plan.rate * plan.burst} a second; at most ${maxBufferedBytes} bytes may wait for one client\n\n`,
  );
  line([
    "",
    "most that waited for one",
    "memory gained",
    "CPU per message",
    "sent in a second",
    "slow ones left",
  ]);
  line(["---", "---:", "---:", "---:", "---:", "---:"]);
  for (const subject of compared) {
    process.stderr.write(`${subject.title}\n`);
    const { most, memory, cpu, sent, seconds, connected } = await measure(subject);
    const perMessage = `${(cpu / (sent * clients)).toFixed(2)} µs`;
    line([
      subject.title,
      megabytes(most),
      megabytes(memory),
      perMessage,
      Math.round(sent / seconds),
      connected,
    ]);
  }
} finally {
  await stopChildren();
}

async function measure({ title, packageName, slowConsumer, all = false }) {
  const server = new Child(title, "./servers/slow-readers.mjs", [packageName]);
  const { port } = await server.ask("start", { slowConsumer });
  const fleet = new Fleet({ port, dialect: "socketIo", clients });
  await fleet.connect();
  // the loss of some clients is the subject of this measurement
  for (const client of fleet.clients) {
    client.handlers = { onMessages() {}, onLost() {} };
  }
  if (!all) {
    const stopping = fleet.clients.slice(0, slow);
    for (const client of stopping) {
      client.socket.write(clientFrame('42["will stop reading"]', {}));
    }
    while ((await server.ask("slow")) < slow) {}
    for (const client of stopping) {
      client.socket.pause();
    }
    await server.ask("fill");
  }
  const result = await server.ask("broadcast", plan);
  fleet.close();
  await server.stop();
  return result;
}
