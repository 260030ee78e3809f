/** The reference server with eiows, a native WebSocket engine, instead of ws. */
import { createRequire } from "node:module";
import { start as startSocketIo } from "./socketio.mjs";

const require = createRequire(import.meta.url);

/** @param {import("./main.mjs").Config} config */
export function start(config, packageName) {
  return startSocketIo(config, packageName, { wsEngine: require("eiows").Server });
}
