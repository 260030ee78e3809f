/** Stops a server, starts another on its port, and measures until all clients have reconnected: `npm run survive:restart`. */
import { fork } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { Server, type ServerType } from "../support/subject";
import { nextEvent } from "../support/waiting";

const { values } = parseArgs({
  options: {
    clients: { type: "string", default: "2000" },
    transports: { type: "string", default: "websocket" },
    json: { type: "boolean", default: false },
  },
});
const clients = Number(values.clients);

interface Phase {
  seconds: number;
  /** The longest block of the server's event loop, in milliseconds. */
  longestStall: number;
  /** The number of clients that were connected, and received an answer, at the end. */
  connected: number;
  served: number;
}

async function start(port: number): Promise<{ io: ServerType; port: number }> {
  const httpServer = createServer();
  const io = new Server(httpServer);
  io.on("connection", (socket) => socket.on("are you there?", (answer) => answer()));
  httpServer.listen({ port, backlog: 4096 });
  await nextEvent(httpServer, "listening");
  return { io, port: (httpServer.address() as AddressInfo).port };
}

/** Resolves when each client has received an answer from the server. */
async function allServed(crowd: ReturnType<typeof fork>, io: ServerType): Promise<Phase> {
  const delays = monitorEventLoopDelay({ resolution: 5 });
  delays.enable();
  const since = performance.now();
  const [served] = await nextEvent<[number]>(crowd, "message");
  delays.disable();
  return {
    seconds: Math.round(performance.now() - since) / 1000,
    longestStall: Math.round(delays.max / 1e5) / 10,
    connected: io.of("/").sockets.size,
    served,
  };
}

async function main(): Promise<void> {
  const first = await start(0);
  const crowd = fork(join(__dirname, "crowd.ts"), [String(first.port), String(clients), values.transports]);
  const arrival = await allServed(crowd, first.io);
  await first.io.close();
  const second = await start(first.port);
  const comeback = await allServed(crowd, second.io);
  crowd.kill();
  if (values.json) {
    console.log(JSON.stringify({ clients, arrival, comeback }));
  } else {
    console.log(`${clients} clients, over ${values.transports}`);
    console.table({ "at first": arrival, "after the restart": comeback });
  }
  process.exit([arrival, comeback].every(({ served }) => served === clients) ? 0 : 1);
}

main();
