/** A Redis server for a measurement: an empty one on a free port, without persistence. */
import { spawn } from "node:child_process";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { freePort } from "./servers/listen.mjs";

const program = "redis-server";

/** @returns {Promise<{ port: number, stop: () => Promise<unknown> }>} */
export async function startRedis() {
  const port = await freePort();
  const settings = { port, bind: "127.0.0.1", dir: tmpdir(), save: "", appendonly: "no" };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const redis = spawn(program, args, { stdio: "ignore" });
  const ended = new Promise((resolve) => {
    redis.once("error", resolve);
    redis.once("exit", resolve);
  });
  process.once("exit", () => redis.kill("SIGKILL"));
  const stop = () => {
    redis.kill("SIGKILL");
    return ended;
  };
  for (let attempt = 0; attempt < 500; attempt++) {
    if (redis.exitCode !== null || redis.pid === undefined) {
      break;
    }
    if (await accepts(port)) {
      return { port, stop };
    }
    await pause(20);
  }
  await stop();
  throw new Error(`${program} does not accept connections`);
}

function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("error", () => resolve(false));
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });
}
