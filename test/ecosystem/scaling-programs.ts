/** The programs of docs/scaling.md that need Redis. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import expect from "expect.js";
import { onTestEnd } from "../support/cleanup";
import { eventually, nextValue } from "../support/waiting";
import { client } from "./support/hello";
import { startProgram } from "./support/programs";
import { redisServer, startRedis } from "./support/redis";
import { tested } from "./support/tested";

const examples = join(__dirname, "../../examples/scaling");

/** Copies a program to a folder from which it can import the packages of these tests. */
function placed(file: string): string {
  const parent = join(__dirname, "node_modules/.programs");
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, "scaling-"));
  onTestEnd(() => rmSync(folder, { recursive: true }));
  copyFileSync(join(examples, file), join(folder, file));
  return join(folder, file);
}

/** Starts a server; resolves with its address. */
async function start(program: string, env: Record<string, string>): Promise<string> {
  const { output, stop } = startProgram(process.execPath, [program], {
    env: { ...process.env, PORT: "0", ...env },
  });
  onTestEnd(() => stop("SIGKILL"));
  const address = () => /listening on (\S+)\n/.exec(output())?.[1];
  await eventually(() => address() !== undefined);
  return address() as string;
}

for (const [file, name, npm] of [
  ["redis-streams.mjs", "Redis streams adapter with redis", "@socket.io/redis-streams-adapter"],
  ["redis.mjs", "Redis adapter with redis", "@socket.io/redis-adapter"],
] as const) {
  tested(
    {
      area: "Adapters",
      name: `${name}: the program in docs/scaling.md`,
      packages: [npm, "redis"],
      programs: [redisServer],
    },
    () => {
      it(`${file} sends to the clients of all servers`, async () => {
        const redis = await startRedis();
        onTestEnd(() => redis.stop());
        const program = placed(file);
        const env = { REDIS_URL: redis.url };
        const urls = [await start(program, env), await start(program, env)];
        const clients = urls.map((url) => client(url, { transports: ["websocket"] }));
        const processes = await Promise.all(clients.map((socket) => nextValue(socket, "process")));
        expect(new Set(processes).size).to.be(2);
        const heard = clients.map((socket) => nextValue(socket, "said"));
        clients[0]?.emit("say", "hello");
        expect(await Promise.all(heard)).to.eql(["hello", "hello"]);
      });
    },
  );
}
