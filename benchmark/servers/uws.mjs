/** µWebSockets.js and JSON, with its own topics as rooms. */
import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import { answer, messageOf } from "../messages.mjs";
import { freePort } from "./listen.mjs";

const require = createRequire(import.meta.url);

/** @param {import("./main.mjs").Config} config */
export async function start(config) {
  const uws = require("uwebsockets");
  const app = uws.App();
  const message = messageOf(config.bytes);
  const publish = (room, object) => app.publish(room, JSON.stringify(object));
  let joined = 0;
  app.ws("/*", {
    idleTimeout: 0,
    sendPingsAutomatically: false,
    upgrade(res, req, context) {
      const [key, protocol, extensions] = ["key", "protocol", "extensions"].map((name) =>
        req.getHeader(`sec-websocket-${name}`),
      );
      res.upgrade({ room: `room${joined++ % config.rooms}` }, key, protocol, extensions, context);
    },
    open(client) {
      client.subscribe(client.getUserData().room);
      client.send(JSON.stringify({ event: "welcome", data: { id: randomUUID() } }));
    },
    message(client, bytes) {
      const { event, data, id } = JSON.parse(Buffer.from(bytes).toString());
      if (event === "chat") {
        publish(client.getUserData().room, { event, data });
      } else {
        client.send(
          JSON.stringify(event === "ask" ? { event: "answer", id, data: answer } : { event, data }),
        );
      }
    },
  });
  return {
    port: await listen(app, config),
    broadcast: () => publish("room0", { event: "news", data: message }),
    tick: (number) => publish("room0", { event: "tick", data: number }),
    close: () => app.close(),
  };
}

/** Several processes can listen on one port. */
async function listen(app, { port }) {
  const chosen = port ?? (await freePort());
  const listening = await new Promise((resolve) => app.listen("127.0.0.1", chosen, resolve));
  if (!listening) {
    throw new Error(`cannot listen on port ${chosen}`);
  }
  return chosen;
}
