/** Primus over ws; Primus encodes the JSON for each receiver. */
import { createRequire } from "node:module";
import { answer, message } from "../messages.mjs";
import { httpServer, listen } from "./listen.mjs";

const require = createRequire(import.meta.url);

/** @param {import("./main.mjs").Config} config */
export async function start(config) {
  const server = httpServer(config);
  const primus = new (require("primus"))(server, { transformer: "websockets", pingInterval: false });
  const rooms = Array.from({ length: config.rooms }, () => new Set());
  const sendTo = (room, object) => {
    for (const spark of room) {
      spark.write(object);
    }
  };
  let joined = 0;
  primus.on("connection", (spark) => {
    const room = rooms[joined++ % rooms.length];
    room.add(spark);
    spark.on("data", ({ event, data, id }) => {
      if (event === "chat") {
        sendTo(room, { event, data });
      } else {
        spark.write(event === "ask" ? { event: "answer", id, data: answer } : { event, data });
      }
    });
    spark.on("end", () => room.delete(spark));
    spark.write({ event: "welcome", data: { id: spark.id } });
  });
  return {
    port: await listen(server),
    broadcast: () => sendTo(rooms[0], { event: "news", data: message }),
  };
}
