// The rooms of before.js with a Socket.IO server.
const { createServer } = require("node:http");
const { Server } = require("socket.io");

const httpServer = createServer();
const io = new Server(httpServer, { maxHttpBufferSize: 1_000_000 });

io.on("connection", (socket) => {
  let room;
  function join(name) {
    socket.leave(room);
    room = `room:${JSON.stringify(name)}`; // a prefix, since the id of each socket is the name of a room too
    socket.join(room);
    return io.of("/").adapter.rooms.get(room).size;
  }
  if (socket.handshake.auth.room !== undefined) {
    join(socket.handshake.auth.room);
  }
  socket.handle("join", join);
  socket.on("say", (text) => {
    if (room) {
      socket.to(room).emit("said", text);
    }
  });
});

httpServer.listen(process.env.PORT ?? 3000, () => {
  console.log(`listening on http://localhost:${httpServer.address().port}`);
});
