// The application: a chat with rooms. It does not listen when a test creates it.
const { createServer } = require("node:http");
const { Server } = require("socket.io");

function createApp() {
  const httpServer = createServer((_req, res) => res.end("A chat"));
  const io = new Server(httpServer);

  io.use((socket, next) => {
    const { name } = socket.handshake.auth;
    socket.data.name = name;
    next(name ? undefined : new Error("a name is required"));
  });

  io.on("connection", (socket) => {
    socket.on("join", (room, done) => {
      socket.join(room);
      done();
    });
    socket.on("message", (room, text) => {
      socket.to(room).emit("message", socket.data.name, text);
    });
    socket.on("disconnecting", () => {
      socket.to([...socket.rooms]).emit("left", socket.data.name);
    });
  });

  return { httpServer, io };
}

module.exports = { createApp };

if (require.main === module) {
  const { httpServer } = createApp();
  httpServer.listen(process.env.PORT ?? 3000, () => {
    console.log(`listening on http://localhost:${httpServer.address().port}`);
  });
}
