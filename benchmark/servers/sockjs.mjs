/** SockJS, over its websocket transport. */
import { createRequire } from "node:module";
import { httpServer, listen } from "./listen.mjs";
import { plainRooms } from "./plain-rooms.mjs";

const require = createRequire(import.meta.url);

/** Longer than any run. */
const never = 2 ** 31 - 1;

/** @param {import("./main.mjs").Config} config */
export async function start(config) {
  const server = httpServer(config);
  const sockjs = require("sockjs").createServer({ prefix: "/bench", log() {}, heartbeat_delay: never });
  const rooms = plainRooms(config, (client, text) => client.write(text));
  sockjs.on("connection", (client) => {
    const { onMessage, onClose } = rooms.welcome(client);
    client.on("data", onMessage);
    client.on("close", onClose);
  });
  sockjs.installHandlers(server);
  return { port: await listen(server), broadcast: rooms.broadcast };
}
