/** The ws package and JSON: what a competent developer writes without a framework. */
import { createRequire } from "node:module";
import { httpServer, listen } from "./listen.mjs";
import { plainRooms } from "./plain-rooms.mjs";

const require = createRequire(import.meta.url);

/** @param {import("./main.mjs").Config} config */
export async function start(config) {
  const { WebSocket, WebSocketServer } = require("ws");
  const server = httpServer(config);
  const perMessageDeflate = config.deflate ? { threshold: 0 } : false;
  const websockets = new WebSocketServer({ server, perMessageDeflate });
  const rooms = plainRooms(config, (client, text) => {
    if (client.readyState === WebSocket.OPEN) {
      client.send(text);
    }
  });
  websockets.on("connection", (client) => {
    const { onMessage, onClose } = rooms.welcome(client);
    client.on("message", (data) => onMessage(data.toString()));
    client.on("close", onClose);
    client.on("error", () => client.terminate());
  });
  // the server of ws repeats the errors of the HTTP server, such as a port in use
  websockets.on("error", () => {});
  return {
    port: await listen(server, config),
    broadcast: rooms.broadcast,
    tick: rooms.tick,
    close() {
      for (const client of websockets.clients) {
        client.close(1012);
      }
      server.close();
    },
  };
}
