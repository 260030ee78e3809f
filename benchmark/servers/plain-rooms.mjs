/** Rooms for a WebSocket library without rooms: JSON objects with an event, and a Set for each room. */
import { randomUUID } from "node:crypto";
import { answer, messageOf } from "../messages.mjs";

/**
 * @template Client
 * @param {import("./main.mjs").Config} config
 * @param {(client: Client, text: string) => void} send
 */
export function plainRooms(config, send) {
  /** @type {Set<Client>[]} */
  const rooms = Array.from({ length: config.rooms }, () => new Set());
  const message = messageOf(config.bytes);
  let joined = 0;

  const sendTo = (room, object) => {
    const text = JSON.stringify(object);
    for (const client of room) {
      send(client, text);
    }
  };

  return {
    broadcast: () => sendTo(rooms[0], { event: "news", data: message }),
    tick: (number) => sendTo(rooms[0], { event: "tick", data: number }),

    /** Adds a new client; the returned functions receive the client's messages and its disconnection. */
    welcome(client) {
      const room = rooms[joined++ % rooms.length];
      room.add(client);
      send(client, JSON.stringify({ event: "welcome", data: { id: randomUUID() } }));
      return {
        onMessage(text) {
          const { event, data, id } = JSON.parse(text);
          if (event === "chat") {
            sendTo(room, { event, data });
          } else if (event === "ask") {
            send(client, JSON.stringify({ event: "answer", id, data: answer }));
          } else if (event === "echo") {
            send(client, JSON.stringify({ event, data }));
          }
        },
        onClose: () => room.delete(client),
      };
    },
  };
}
