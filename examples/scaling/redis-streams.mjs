import { createServer } from "node:http";
import { createAdapter } from "@socket.io/redis-streams-adapter";
import { createClient } from "redis";
import { Server } from "socket.io";

const redis = createClient({ url: process.env.REDIS_URL ?? "redis://localhost:6379" });
redis.on("error", (error) => console.error(`Redis: ${error.message}`)); // the client reconnects by itself
await redis.connect();

const httpServer = createServer();
const io = new Server(httpServer, {
  adapter: createAdapter(redis),
  connectionStateRecovery: {}, // sessions and missed events are in Redis
});

io.on("connection", (socket) => {
  socket.emit("process", process.pid);
  socket.on("say", (text) => io.emit("said", text)); // the clients of all servers receive it
});

httpServer.listen(process.env.PORT ?? 3000, () => {
  console.log(`listening on http://localhost:${httpServer.address().port}`);
});
