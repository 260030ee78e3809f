/** The naive server with fastify. */
import { createRequire } from "node:module";
import { plainRooms } from "./plain-rooms.mjs";

const require = createRequire(import.meta.url);

/** @param {import("./main.mjs").Config} config */
export async function start(config) {
  const app = require("fastify")();
  await app.register(require("@fastify/websocket"), { options: { perMessageDeflate: false } });
  const rooms = plainRooms(config, (client, text) => client.send(text));
  app.get("/", { websocket: true }, (client) => {
    const { onMessage, onClose } = rooms.welcome(client);
    client.on("message", (data) => onMessage(data.toString()));
    client.on("close", onClose);
    client.on("error", () => client.terminate());
  });
  await app.listen({ port: 0, host: "127.0.0.1" });
  return { port: app.server.address().port, broadcast: rooms.broadcast };
}
