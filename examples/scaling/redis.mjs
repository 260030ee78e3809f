import { createServer } from "node:http";
import { createAdapter } from "@socket.io/redis-adapter";
import { createClient } from "redis";
import { Server } from "socket.io";

// a client of Redis that subscribes can send no other commands, so there are two
const publisher = createClient({ url: process.env.REDIS_URL ?? "redis://localhost:6379" });
const subscriber = publisher.duplicate();
for (const client of [publisher, subscriber]) {
  client.on("error", (error) => console.error(`Redis: ${error.message}`)); // the client reconnects by itself
  await client.connect();
}

const httpServer = createServer();
const io = new Server(httpServer, {
  adapter: createAdapter(publisher, subscriber), // createShardedAdapter() has the same parameters
});

io.on("connection", (socket) => {
  socket.emit("process", process.pid);
  socket.on("say", (text) => io.emit("said", text)); // the clients of all servers receive it
});

httpServer.listen(process.env.PORT ?? 3000, () => {
  console.log(`listening on http://localhost:${httpServer.address().port}`);
});
