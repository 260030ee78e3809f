/** This library, or the reference server: the Socket.IO server of a package. */
import { createRequire } from "node:module";
import { answer, messageOf } from "../messages.mjs";
import { httpServer, listen } from "./listen.mjs";
import { redisAdapter } from "./redis-adapter.mjs";

const require = createRequire(import.meta.url);

/** Longer than any run: pings would be counted as messages. */
const never = 2 ** 31 - 1;

/** @param {import("./main.mjs").Config} config */
export async function start(config, packageName, options = {}) {
  const { Server } = require(packageName);
  const server = httpServer(config);
  if (config.polling) {
    // between two slices, the clients keep the connections of their requests
    server.keepAliveTimeout = 0;
  }
  const redis = config.redisPort ? await redisAdapter(config) : undefined;
  const checks = config.checks ? await checksOf(config.checks, packageName) : undefined;
  const io = new Server(server, {
    pingInterval: never,
    perMessageDeflate: config.deflate ? { threshold: 0 } : false,
    ...(config.recovery ? { connectionStateRecovery: {} } : {}),
    ...(redis ? { adapter: redis.adapter } : {}),
    ...(config.polling ? { cors: { origin: true } } : {}),
    ...checks?.options,
    ...options,
  });
  if (io.fastPath === false) {
    throw new Error("this library must be measured with its fast path, which is disabled");
  }
  const message = messageOf(config.bytes);
  const onAsk = checks?.byHand ? checkedAsk(checks.byHand) : (_data, acknowledge) => acknowledge(answer);
  let joined = 0;
  io.on("connection", (socket) => {
    const room = `room${joined++ % config.rooms}`;
    socket.join(room);
    socket.on("chat", (data) => io.to(room).emit("chat", data));
    socket.on("ask", onAsk);
    socket.on("echo", (data) => socket.emit("echo", data));
  });
  return {
    port: await listen(server, config),
    broadcast: () => io.to("room0").emit("news", message),
    tick: (number) => io.to("room0").emit("tick", number),
    close: ({ drain }) => (drain ? io.close({ drain: true }) : io.close()),
    subscribed: redis?.subscribed,
    // the same without checks, in the same process
    unchecked: checks ? await start({ ...config, checks: undefined }, packageName, options) : undefined,
  };
}

function checkedAsk(check) {
  return (data, acknowledge) => {
    check(data);
    acknowledge(answer);
  };
}

/** This library checks with a contract, and the handlers of the reference server check themselves. */
async function checksOf(library, packageName) {
  const { checkOf, definitionOf } = await import("./checks.mjs");
  if (packageName === "socket.io-reference") {
    return { byHand: checkOf(library) };
  }
  const { contract } = require(`${packageName}/dist/contract/contract.js`);
  return { options: { contract: contract(definitionOf(library)) } };
}
