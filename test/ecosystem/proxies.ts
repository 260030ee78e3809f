/** Two servers behind a proxy with sticky sessions, with the configurations in docs/scaling.md. */
import { Agent, createServer } from "node:http";
import { join } from "node:path";
import expect from "expect.js";
import { Server } from "socket.io";
import type { ManagerOptions } from "socket.io-client";
import { onTestEnd } from "../support/cleanup";
import { nextEvent } from "../support/waiting";
import { client, listen } from "./support/hello";
import { haproxy, nginx, startNginx, startProxy } from "./support/proxies";
import { tested } from "./support/tested";

const examples = join(__dirname, "../../examples/scaling");

interface Site {
  url: string;
  nodes: Server[];
}

/** Two servers that return their names, and the proxy that `start` starts in front of their ports. */
async function startSite(start: (ports: number[]) => Promise<number>): Promise<Site> {
  const nodes: Server[] = [];
  const ports: number[] = [];
  for (const name of ["one", "two"]) {
    const httpServer = createServer((_req, res) => res.end("healthy"));
    const io = new Server(httpServer);
    onTestEnd(() => io.close());
    io.on("connection", (socket) => {
      socket.on("who", (reply) =>
        reply({
          node: name,
          transport: socket.conn.transport.name,
          address: socket.handshake.headers["x-forwarded-for"],
        }),
      );
      socket.on("bytes", (bytes: Buffer, reply) => reply(Buffer.concat([bytes, bytes])));
    });
    nodes.push(io);
    ports.push(await listen(httpServer));
  }
  const port = await start(ports);
  return { url: `http://127.0.0.1:${port}`, nodes };
}

/** How the proxy distinguishes a client: by its address, or by its cookies. */
type Identity = (number: number) => Partial<ManagerOptions>;

interface Answer {
  node: string;
  transport: string;
  address: string;
}

function servesBehindIt(start: () => Promise<Site>, identity: Identity): void {
  it("keeps each of 20 clients on one node, from long-polling through the upgrade", async () => {
    const { url, nodes } = await start();
    const seen = await Promise.all(
      Array.from({ length: 20 }, async (_, number) => {
        const socket = client(url, { transports: ["polling", "websocket"], ...identity(number) });
        const polled: Answer = await socket.emitWithAck("who");
        if (socket.io.engine.transport.name !== "websocket") {
          await nextEvent(socket.io.engine as any, "upgrade");
        }
        const upgraded: Answer = await socket.emitWithAck("who");
        expect(upgraded.node).to.be(polled.node);
        expect(upgraded.transport).to.be("websocket");
        return upgraded.node;
      }),
    );
    expect([...new Set(seen)].sort()).to.eql(["one", "two"]);
    expect(nodes.map(({ engine }) => engine.clientsCount).reduce((a, b) => a + b)).to.be(20);
  });

  it("serves long-polling only, with binary data", async () => {
    const { url } = await start();
    for (let number = 0; number < 4; number++) {
      const socket = client(url, { transports: ["polling"], ...identity(number) });
      const doubled = await socket.emitWithAck("bytes", Buffer.from([1, 2, 3]));
      expect([...doubled]).to.eql([1, 2, 3, 1, 2, 3]);
      expect((await socket.emitWithAck("who")).transport).to.be("polling");
    }
  });

  it("forwards requests for pages", async () => {
    const { url } = await start();
    expect(await (await fetch(url)).text()).to.be("healthy");
  });

  it("serves WebSocket only, and forwards the address of the client", async () => {
    const { url } = await start();
    const socket = client(url, { transports: ["websocket"], ...identity(3) });
    const { transport, address }: Answer = await socket.emitWithAck("who");
    expect(transport).to.be("websocket");
    expect(address).to.match(/^127\.0\.0\.\d+$/);
  });

  it("disconnects the client when its node stops", async () => {
    const { url, nodes } = await start();
    const socket = client(url, { transports: ["websocket"], ...identity(1) });
    const { node }: Answer = await socket.emitWithAck("who");
    const gone = nextEvent<[string]>(socket, "disconnect");
    await nodes[node === "one" ? 0 : 1]?.close();
    expect(await gone).to.contain("transport close");
  });
}

tested(
  {
    area: "Proxies",
    name: "nginx",
    programs: [nginx],
    method:
      "The tests use [nginx.conf](../examples/scaling/nginx.conf), which chooses the server by the address of the client.",
  },
  () => {
    const start = () => startSite((ports) => startNginx(join(examples, "nginx.conf"), ports));
    // another loopback address for each client
    servesBehindIt(start, (number) => {
      const agent = new Agent({ localAddress: `127.0.0.${number + 2}` });
      return { agent: agent as any };
    });
  },
);

tested(
  {
    area: "Proxies",
    name: "HAProxy",
    programs: [haproxy],
    method:
      "The tests use [haproxy.cfg](../examples/scaling/haproxy.cfg), which chooses the server by a cookie.",
  },
  () => {
    const start = () =>
      startSite((ports) =>
        startProxy(haproxy, join(examples, "haproxy.cfg"), ports, (_folder, path) => ({
          args: ["-f", path, "-db"],
          text: (given) => given.replace("global\n", "global\n  log stdout format raw local0 err\n"),
        })),
      );
    servesBehindIt(start, () => ({ withCredentials: true }));
  },
);
