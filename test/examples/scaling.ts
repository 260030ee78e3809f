/** The programs of docs/scaling.md that need no other service. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import expect from "expect.js";
import { onTestEnd } from "../support/cleanup";
import { runExample } from "../support/examples";
import { root } from "../support/repository";
import { type ClientSocket, connectClient } from "../support/server";
import { eventually, nextValue } from "../support/waiting";

/** The first worker asks, and ends. The primary process reads the question when the worker has ended. */
const FIRST_WORKER_ENDS = `
  const cluster = require("node:cluster");
  const { existsSync, writeFileSync } = require("node:fs");
  const ended = __dirname + "/ended";
  if (cluster.isPrimary) {
    cluster.once("message", () => {
      while (!existsSync(ended));
      console.log("the worker has ended");
    });
  } else if (cluster.worker.id === 1) {
    process.prependOnceListener("disconnect", () => writeFileSync(ended, ""));
    process.send({ type: "released?", id: 1 }, () => process.disconnect());
  }
`;

describe("the example scaling", () => {
  it("cluster.js sends to the clients of all processes [75]", async () => {
    const { url } = await runExample("scaling/cluster.js");
    const clients: ClientSocket[] = [];
    const processes = new Set<number>();
    // one after the other: each connection goes to the process with fewer connections
    for (let number = 0; number < 4; number++) {
      const client = connectClient(url, { transports: ["websocket"] });
      clients.push(client);
      processes.add(await nextValue(client, "process"));
    }
    expect(processes.size).to.be.greaterThan(1);
    const heard = Promise.all(clients.map((client) => nextValue(client, "said")));
    clients[0]?.emit("say", "hello");
    expect(await heard).to.eql(["hello", "hello", "hello", "hello"]);
  });

  it("cluster.js survives a worker that ends before it has received an answer", async () => {
    const directory = mkdtempSync(join(tmpdir(), "socket.io-worker-"));
    onTestEnd(() => rmSync(directory, { recursive: true }));
    const program = join(directory, "first-worker-ends.cjs");
    writeFileSync(program, FIRST_WORKER_ENDS);
    const example = await runExample("scaling/cluster.js", { nodeArguments: ["--require", program] });
    await eventually(() => example.output().includes("the worker has ended"));
    const client = connectClient(example.url, { transports: ["websocket"] });
    const ended = example.ended.then(example.output);
    expect(await Promise.race([nextValue(client, "process"), ended])).to.be.a("number");
  });

  it("ecosystem.config.js starts a process for each port to which the proxy forwards", () => {
    const { apps } = require("../../examples/scaling/ecosystem.config.js");
    const configured = readFileSync(join(root, "examples/scaling/nginx.conf"), "utf8");
    const ports = [...configured.matchAll(/server 127\.0\.0\.1:(\d+);/g)].map(([, port]) => Number(port));
    expect(apps.map(({ env }: any) => env.PORT)).to.eql(ports);
    for (const { script } of apps) {
      expect(existsSync(join(root, "examples/scaling", script))).to.be(true);
    }
  });
});
