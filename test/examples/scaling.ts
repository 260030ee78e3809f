/** The programs of docs/scaling.md that need no other service. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import expect from "expect.js";
import { runExample } from "../support/examples";
import { root } from "../support/repository";
import { type ClientSocket, connectClient } from "../support/server";
import { nextValue } from "../support/waiting";

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
