/** A server of streams.mjs in a separate process: `<kind> <transport>`. All send events to all clients or to a room of 20. */
import { createRequire } from "node:module";
import { answerCommands, cpuTime } from "../commands.mjs";
import { message } from "../messages.mjs";
import { httpServer, listen } from "./listen.mjs";
import { turns } from "./turns.mjs";

const require = createRequire(import.meta.url);
const [, , kind, transport] = process.argv;

/** Longer than any run. */
const never = 2 ** 31 - 1;
const membersOfRoom = 20;

let joined = 0;
const nextRoom = () => `room ${Math.floor(joined++ / membersOfRoom)}`;

/** Each returns a function that sends an event to all clients. */
const kinds = {
  socketIo(server, packageName) {
    const { Server } = require(packageName);
    const io = new Server(server, { transports: [transport], pingInterval: never });
    io.on("connection", (socket) => {
      const room = nextRoom();
      socket.join(room);
      socket.on("say", (text) => io.to(room).emit("news", text));
    });
    return () => io.emit("news", message);
  },

  sockjs(server) {
    const sockjs = require("sockjs").createServer({
      prefix: "/bench",
      log() {},
      heartbeat_delay: never,
      disconnect_delay: never,
      response_limit: never,
    });
    const rooms = roomsOf((client, text) => client.write(text));
    sockjs.on("connection", (client) => {
      const { onMessage, onClose } = rooms.welcome(client);
      client.on("data", onMessage);
      client.on("close", onClose);
    });
    sockjs.installHandlers(server);
    return rooms.broadcast;
  },

  async betterSse(server) {
    const { createChannel, createSession } = await import("better-sse");
    const everybody = createChannel();
    const channels = new Map();
    const clients = new Map();
    server.on("request", async (req, res) => {
      const id = req.url.slice(1);
      if (req.method === "POST") {
        let body = "";
        req.on("data", (chunk) => {
          body += chunk;
        });
        req.on("end", () => {
          clients.get(id)?.broadcast(JSON.parse(body).data, "news");
          res.end("ok");
        });
        return;
      }
      const room = nextRoom();
      const channel = channels.get(room) ?? createChannel();
      channels.set(room, channel);
      const session = await createSession(req, res, { keepAlive: null });
      everybody.register(session);
      channel.register(session);
      clients.set(id, channel);
      session.once("disconnected", () => clients.delete(id));
      session.push("welcome");
    });
    return () => everybody.broadcast(message, "news");
  },
};

/** Rooms for sockjs, whose clients send JSON. */
function roomsOf(send) {
  const everybody = new Set();
  const rooms = new Map();
  const sendTo = (clients, data) => {
    const text = JSON.stringify({ event: "news", data });
    for (const client of clients) {
      send(client, text);
    }
  };
  return {
    broadcast: () => sendTo(everybody, message),
    welcome(client) {
      const name = nextRoom();
      const room = rooms.get(name) ?? new Set();
      rooms.set(name, room.add(client));
      everybody.add(client);
      send(client, JSON.stringify({ event: "welcome" }));
      return {
        onMessage: (text) => sendTo(room, JSON.parse(text).data),
        onClose() {
          room.delete(client);
          everybody.delete(client);
        },
      };
    },
  };
}

let sendToAll;

answerCommands({
  async start() {
    const server = httpServer({});
    // the clients keep the connections of their requests
    server.keepAliveTimeout = 0;
    sendToAll =
      kind === "sockjs" || kind === "betterSse" ? await kinds[kind](server) : kinds.socketIo(server, kind);
    return { port: await listen(server) };
  },
  broadcast: (plan) => turns(plan, sendToAll),
  cpu: cpuTime,
  async memory() {
    for (let i = 0; i < 4; i++) {
      global.gc();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const { heapUsed, external, rss } = process.memoryUsage();
    return { heap: heapUsed + external, rss };
  },
});
