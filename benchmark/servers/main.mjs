/** A measured server in a separate process: `main.mjs <file> <name of the package>`. */
import { answerCommands, cpuTime } from "../commands.mjs";
import { heapByKind } from "./heap.mjs";
import { watchLoop } from "./loop.mjs";
import { ticks } from "./ticks.mjs";
import { turns } from "./turns.mjs";

/**
 * @typedef {object} Config
 * @property {number} rooms clients are put into rooms in turn
 * @property {boolean} [tls]
 * @property {boolean} [deflate] permessage-deflate, for messages of any length
 * @property {boolean} [polling] clients stay with long-polling, from pages of another origin
 * @property {number} [redisPort] a Redis server that connects this server with others
 * @property {"plain" | "sharded"} [adapter] of @socket.io/redis-adapter
 * @property {number} [bytes] the size of a broadcast, if it is not the usual one
 * @property {"chat" | "reply"} [inbound] incoming messages are sent to the sender's room, or answered; for servers that do
 *   not decode messages
 * @property {number} [port] to listen on as soon as it is free
 * @property {boolean} [recovery] connection state recovery
 * @property {"zod" | "valibot" | "arktype"} [checks] the library with which the event "ask" is checked
 *
 * @typedef {object} Running
 * @property {number} port
 * @property {() => void} broadcast sends one message to the first room
 * @property {(number: number) => void} [tick] sends a number to all clients
 * @property {(options: { drain: boolean }) => unknown} [close] closes all connections, and stops listening
 * @property {() => Promise<unknown>} [subscribed] waits for subscriptions of rooms
 * @property {Running} [unchecked] another server in this process, without checks
 */

const [file, packageName] = process.argv.slice(2);
const { start } = await import(file);

/** @type {Running} */
let running;
/** Ends the watch of the event loop. @type {() => number} */
let endWatch;

answerCommands({
  async start(config) {
    running = await start(config, packageName);
    return { port: running.port };
  },
  subscribed: () => running.subscribed(),
  uncheckedPort: () => running.unchecked.port,
  cpu: cpuTime,
  broadcast: (plan) => turns(plan, running.broadcast),
  /** One broadcast, while the event loop is watched. */
  watchedBroadcast() {
    endWatch = watchLoop();
    setTimeout(running.broadcast, 20);
  },
  longestBlock: () => endWatch(),
  ticks: (plan) => ticks(plan, running.tick),
  close: (options) => running.close(options),
  async heap() {
    await collect();
    return heapByKind();
  },
  async memory() {
    await collect();
    const { heapUsed, external, rss } = process.memoryUsage();
    return { heap: heapUsed + external, rss };
  },
});

async function collect() {
  for (let i = 0; i < 4; i++) {
    global.gc();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
