/** A Socket.IO server in a separate process, some of whose clients have stopped reading: `<name of the package>`. */
import { createRequire } from "node:module";
import { answerCommands, cpuTime } from "../commands.mjs";
import { httpServer, listen } from "./listen.mjs";
import { turns } from "./turns.mjs";

const { Server } = createRequire(import.meta.url)(process.argv[2]);

/** Fills the buffers of the operating system, event by event. */
const filling = "x".repeat(16 * 1024);

let io;
/** The clients that will stop reading. */
const slow = new Set();

answerCommands({
  async start({ slowConsumer }) {
    const server = httpServer({});
    io = new Server(server, { slowConsumer });
    io.on("connection", (socket) => {
      socket.on("will stop reading", () => slow.add(socket));
      socket.on("disconnect", () => slow.delete(socket));
    });
    return { port: await listen(server) };
  },
  slow: () => slow.size,
  async fill() {
    for (const socket of slow) {
      for (let stuck = 0; stuck < 20; stuck = waiting(socket) > 0 ? stuck + 1 : 0) {
        if (waiting(socket) === 0) {
          socket.emit("filling", filling);
        }
        await new Promise(setImmediate);
      }
    }
  },
  async broadcast({ bytes, ...plan }) {
    const text = "y".repeat(bytes);
    const memory = await usedMemory();
    const before = cpuTime();
    let most = 0;
    const { sent, seconds } = await turns(plan, () => {
      io.emit("news", text);
      most = Math.max(most, ...[...slow].map(waiting));
    });
    const cpu = cpuTime() - before;
    return { sent, seconds, cpu, most, memory: (await usedMemory()) - memory, connected: slow.size };
  },
});

/** The number of bytes that are buffered for a client; the reference server does not report it. */
function waiting({ conn }) {
  const { transport, writeBuffer } = conn;
  let bytes = transport.socket?.bufferedAmount ?? 0;
  // the first and the last are as long as the others; reading the length of each would affect the measurement
  if (writeBuffer.length > 0) {
    bytes += writeBuffer.length * Buffer.byteLength(writeBuffer[writeBuffer.length - 1].data);
  }
  return bytes;
}

async function usedMemory() {
  for (let i = 0; i < 4; i++) {
    global.gc();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
