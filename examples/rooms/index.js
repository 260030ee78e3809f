const { createServer } = require("node:http");
const { Server } = require("socket.io");

const httpServer = createServer();
const io = new Server(httpServer);

io.on("connection", (socket) => {
  socket.on("join", (room, done) => {
    socket.join(room);
    done();
  });

  socket.on("leave", (room, done) => {
    socket.leave(room);
    done();
  });

  // io.to() reaches everybody in the room; socket.to() would leave the sender out
  socket.on("say", (room, text) => {
    io.to(room).emit("said", room, text);
  });

  // who is in a room, on all servers where there are several
  socket.on("count", async (room, done) => {
    const sockets = await io.in(room).fetchSockets();
    done(sockets.length);
  });

  // the rooms are still there in "disconnecting", and gone in "disconnect"
  socket.on("disconnecting", () => {
    for (const room of socket.rooms) {
      socket.to(room).emit("left", room);
    }
  });
});

httpServer.listen(process.env.PORT ?? 3000, () => {
  console.log(`listening on http://localhost:${httpServer.address().port}`);
});
