import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";

interface ClientToServerEvents {
  say: (text: string, reply: (length: number) => void) => void;
}

interface ServerToClientEvents {
  said: (by: string, text: string) => void;
}

interface InterServerEvents {
  refresh: () => void;
}

interface SocketData {
  name: string;
}

const httpServer = createServer();
const io = new Server<ClientToServerEvents, ServerToClientEvents, InterServerEvents, SocketData>(httpServer);

io.on("connection", (socket) => {
  socket.data.name = "ada";
  socket.on("say", (text, reply) => {
    io.emit("said", socket.data.name, text); // a wrong name, or a wrong argument, does not compile
    reply(text.length);
  });
});

httpServer.listen(process.env.PORT ?? 3000, () => {
  console.log(`listening on http://localhost:${(httpServer.address() as AddressInfo).port}`);
});
