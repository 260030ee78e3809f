/** Compares the server with the reference server on compressed messages: `npx tsx test/fuzz/deflate.ts [seconds] [seed]`. */
import { Random } from "../support/random";
import { Server } from "../support/subject";
import { DeflateSubject, deflateCase, differenceOf } from "./deflate-cases";

/** Tries inputs until the time is over, or the number of inputs is reached; resolves with the findings. */
export async function fuzzDeflate(seed: number, inputs: number, seconds: number): Promise<string[]> {
  const { Server: Reference } = require("socket.io-reference");
  const servers = new Map<string, Promise<DeflateSubject[]>>();
  const end = performance.now() + seconds * 1000;
  const findings: string[] = [];
  let tried = 0;
  for (; tried < inputs && performance.now() < end; tried++) {
    const input = deflateCase(new Random(Math.imul(seed, 0x9e3779b1) + tried));
    const key = JSON.stringify(input.options);
    const subjects =
      servers.get(key) ??
      Promise.all([Server, Reference].map((each) => DeflateSubject.start(each, input.options)));
    servers.set(key, subjects);
    const [ours, reference] = await subjects;
    const traces = [await ours.run(input), await reference.run(input)] as const;
    const difference = differenceOf(...traces);
    if (difference) {
      findings.push(`${seed}, input ${tried}: ${difference} ${JSON.stringify({ input, traces }, null, 1)}`);
    }
  }
  for (const subjects of servers.values()) {
    await Promise.all((await subjects).map((subject) => subject.stop()));
  }
  return [...findings, `${tried} inputs`];
}

if (require.main === module) {
  const [seconds = "60", seed = String(Date.now() % 1_000_000)] = process.argv.slice(2);
  fuzzDeflate(Number(seed), Number.POSITIVE_INFINITY, Number(seconds)).then((lines) => {
    console.log(lines.join("\n"));
    process.exitCode = lines.length > 1 ? 1 : 0;
  });
}
