const { createServer } = require("node:http");
const { Server } = require("socket.io");

const httpServer = createServer();
const io = new Server(httpServer, {
  onHandlerError: (error) => console.error(error), // such as that of fetchSockets(), if a server does not answer in time
});

io.on("connection", (socket) => {
  socket.on("join", (room, done) => {
    socket.join(room);
    done();
  });

  socket.on("leave", (room, done) => {
    socket.leave(room);
    done();
  });

  // io.to() sends to all members of the room; socket.to() would exclude the sender
  socket.on("say", (room, text) => {
    io.to(room).emit("said", room, text);
  });

  // the members of a room, on all servers
  socket.on("count", async (room, done) => {
    const sockets = await io.in(room).fetchSockets();
    done(sockets.length);
  });

  // in "disconnecting", the socket is still in its rooms; in "disconnect", it is not
  socket.on("disconnecting", () => {
    for (const room of socket.rooms) {
      socket.to(room).emit("left", room);
    }
  });
});

httpServer.listen(process.env.PORT ?? 3000, () => {
  console.log(`listening on http://localhost:${httpServer.address().port}`);
});
