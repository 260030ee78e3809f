/** The rows of docs/troubleshooting.md about the client files, and about a server that fails or grows. */
import { createServer } from "node:http";
import expect from "expect.js";
import { MessageType } from "socket.io-adapter";
import { onTestEnd } from "../support/cleanup";
import { stopClock } from "../support/clock";
import { startCluster } from "../support/cluster";
import { listenOnFreePort, startServer } from "../support/server";
import { rejection } from "../support/signals";
import { expectRow } from "../support/troubleshooting";
import { eventually, nextEvent } from "../support/waiting";

const CLIENT = "/socket.io/socket.io.js";

/** The status of the client script at this port, and the message of the server if there is one. */
async function scriptAt(port: number): Promise<string[]> {
  const response = await fetch(`http://localhost:${port}${CLIENT}`);
  const text = await response.text();
  const message = response.headers.get("content-type")?.includes("json")
    ? JSON.parse(text).message
    : undefined;
  return [String(response.status), message].filter((seen) => seen !== undefined);
}

describe("a page that loads the client from the server gets", () => {
  it("404 from another HTTP server, and 400 if the server does not serve the client [T50]", async () => {
    const running = await startServer();
    expect((await scriptAt(running.port))[0]).to.be("200");
    // as app.listen() of Express: a second HTTP server, to which Socket.IO is not attached
    const other = createServer((_req, res) => res.writeHead(404).end(`Cannot GET ${CLIENT}`));
    onTestEnd(() => other.close());
    const seen = await scriptAt(await listenOnFreePort(other));
    const without = await startServer({ serveClient: false });
    expectRow("T50", { client: [...seen, ...(await scriptAt(without.port))] });
  });
});

describe("a server", () => {
  it("keeps the sockets that the application keeps, after their clients have left [T51]", async () => {
    const { io, pair } = await startServer();
    const kept: unknown[] = [];
    io.on("connection", (socket) => kept.push(socket));
    for (let i = 0; i < 3; i++) {
      const { client, socket } = await pair();
      const left = nextEvent(socket, "disconnect");
      client.disconnect();
      await left;
    }
    await eventually(() => io.engine.clientsCount === 0);
    expect([io.of("/").sockets.size, kept.length]).to.eql([0, 3]);
    expectRow("T51", {});
  });

  it("gets no list of sockets if another server does not answer in time [T52]", async () => {
    const { nodes, bus } = await startCluster(2);
    bus.loses = ({ type }) => type === MessageType.FETCH_SOCKETS_RESPONSE;
    const clock = stopClock();
    const failure = rejection(nodes[0]!.io.fetchSockets());
    await eventually(() => bus.types().includes(MessageType.FETCH_SOCKETS_RESPONSE));
    clock.tick(5_000);
    expectRow("T52", { server: [(await failure).message] });
  });
});
