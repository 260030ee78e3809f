/** Faye: clients subscribe to channels, and the server publishes to them. */
import { createRequire } from "node:module";
import { message } from "../messages.mjs";
import { httpServer, listen } from "./listen.mjs";

const require = createRequire(import.meta.url);

/** In seconds, and longer than any run: the time for which the server delays the response to "/meta/connect". */
const never = 100_000;

/** @param {import("./main.mjs").Config} config */
export async function start(config) {
  const server = httpServer(config);
  const bayeux = new (require("faye").NodeAdapter)({ mount: "/faye", timeout: never });
  bayeux.attach(server);
  const client = bayeux.getClient();
  return {
    port: await listen(server),
    broadcast: () => {
      client.publish("/room0", message);
    },
  };
}
