const { createServer } = require("node:http");
const { Server } = require("socket.io");

const httpServer = createServer();
const io = new Server(httpServer, {
  connectionStateRecovery: {
    maxDisconnectionDuration: 2 * 60 * 1000, // how long the state of a disconnected client is kept, in milliseconds
  },
});

io.on("connection", (socket) => {
  if (!socket.recovered) {
    // a new client, or one that was disconnected for too long: send the complete state
    socket.join("news");
    socket.data.since = Date.now();
    socket.emit("welcome"); // without a first event, the client cannot be recovered
  }
  // after a recovery, the id, the rooms and the data are restored, and the missed events are sent again

  socket.on("publish", (text) => io.to("news").emit("news", text));
  socket.on("state", (reply) => reply({ rooms: [...socket.rooms], data: socket.data }));
});

httpServer.listen(process.env.PORT ?? 3000, () => {
  console.log(`listening on http://localhost:${httpServer.address().port}`);
});
