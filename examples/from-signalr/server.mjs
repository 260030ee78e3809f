import { createServer } from "node:http";
import { setTimeout } from "node:timers/promises";
import { Server } from "socket.io";
import { chat } from "./chat.mjs";

const users = new Map([
  ["secret-1", "ada"],
  ["secret-2", "bob"],
]);

const httpServer = createServer();
const io = new Server(httpServer, { contract: chat, onHandlerError: (error) => console.error(error) });

// [Authorize]
io.use((socket, next) => {
  socket.data.name = users.get(socket.handshake.auth.token);
  next(socket.data.name ? undefined : new Error("unauthorized"));
});

io.on("connection", (socket) => {
  const { name } = socket.data;
  const isMember = (room) => socket.rooms.has(`room:${room}`);

  socket.handle("join", (room) => {
    socket.join(`room:${room}`); // Groups.AddToGroupAsync()
    socket.to(`room:${room}`).emit("joined", name); // Clients.OthersInGroup()
    return name;
  });

  socket.handle("say", (room, text) => {
    if (!isMember(room)) {
      throw chat.error("NOT_A_MEMBER", { room }); // HubException
    }
    io.to(`room:${room}`).emit("said", name, text); // Clients.Group()
    return Date.now();
  });

  // a stream: the items are events, and the acknowledgement is the end
  socket.handle("counter", async (count) => {
    for (let i = 0; i < count && socket.connected; i++) {
      socket.emit("counted", i); // Clients.Caller
      await setTimeout(10);
    }
    return count;
  });
});

httpServer.listen(process.env.PORT ?? 3000, () => {
  console.log(`listening on http://localhost:${httpServer.address().port}`);
});
