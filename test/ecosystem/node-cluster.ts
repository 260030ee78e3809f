/** The adapter of node:cluster with sticky sessions: three worker processes with one address. */
import { Agent } from "node:http";
import expect from "expect.js";
import type { Server } from "socket.io";
import { onTestEnd } from "../support/cleanup";
import { nextEvent } from "../support/waiting";
import { type Mortals, serverDies } from "./support/dying";
import { client } from "./support/hello";
import { forkFixture, type Node, type NodeOptions } from "./support/nodes";
import { acquainted } from "./support/stage";
import { tested } from "./support/tested";
import { type Lack, remarkOf, verbs } from "./support/verbs";

async function startWorkers(options: NodeOptions = {}): Promise<Mortals> {
  const { child, ready, call } = forkFixture("scale-primary.ts", options);
  const { url } = await ready;
  const nodes = [0, 1, 2].map(
    (place): Node<Server> => ({
      url,
      run: (work, ...args) => call({ place, code: work.toString(), args }),
      runIn: (namespace, work, ...args) => call({ place, namespace, code: work.toString(), args }),
      stop: async () => {},
    }),
  );
  await acquainted({ nodes }, "/");
  return {
    nodes,
    shared: true,
    hang: (place) => call({ order: "stop", place }),
    kill: (place) => call({ order: "kill", place }),
    replace: (place) => call({ order: "start", place }),
    async stop() {
      const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
      child.disconnect();
      await ended;
    },
  };
}

async function open(): Promise<Mortals> {
  const workers = await startWorkers();
  onTestEnd(() => workers.stop());
  return workers;
}

function ask(socket: ReturnType<typeof client>, body: string): Promise<[number, number, string]> {
  return new Promise((resolve) => {
    socket.emit("pid", body, (...answer: [number, number, string]) => resolve(answer));
  });
}

const lacks: Lack[] = ["namespaces that come again"];

tested(
  {
    area: "Adapters",
    name: "Cluster adapter with sticky sessions",
    packages: ["@socket.io/cluster-adapter", "@socket.io/sticky"],
    remark: `${remarkOf(...lacks)} The primary process may lose the first frame of a WebSocket client while it passes the connection to a worker: the client is then closed after \`connectTimeout\`, and reconnects.`,
  },
  () => {
    verbs(startWorkers, lacks);

    it("a session stays with its worker over each transport, and during an upgrade", async () => {
      const workers = await open();
      for (const node of workers.nodes) {
        await node.run((io) => {
          io.on("connection", (socket) => {
            socket.on("pid", (body, reply) => reply(process.pid, body.length, socket.conn.transport.name));
          });
        });
      }
      const { url } = workers.nodes[0]!;
      const pids = new Set<number>();
      for (const transports of [["polling"], ["polling"], ["polling"], ["polling", "websocket"]]) {
        // as browsers do: data on a connection that is just being handed over may be lost
        const agent = new Agent({ keepAlive: true });
        onTestEnd(() => agent.destroy());
        const again = { reconnection: true, reconnectionDelay: 10 };
        const socket = client(url, { transports, upgrade: transports.length > 1, agent, ...again } as any);
        await nextEvent(socket, "connect");
        const own = new Set<number>();
        // some of them in several chunks
        for (const size of [1, 10, 100_000, 10, 500_000, 1]) {
          const [pid, length] = await ask(socket, "x".repeat(size));
          expect(length).to.be(size);
          own.add(pid);
          pids.add(pid);
        }
        expect(own.size).to.be(1);
      }
      expect(pids.size).to.be(3);
    });

    serverDies(open);
  },
);
