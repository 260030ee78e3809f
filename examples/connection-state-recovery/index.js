const { createServer } = require("node:http");
const { Server } = require("socket.io");

const httpServer = createServer();
const io = new Server(httpServer, {
  connectionStateRecovery: {
    maxDisconnectionDuration: 2 * 60 * 1000, // milliseconds for which the state of an absent client is kept
  },
});

io.on("connection", (socket) => {
  if (!socket.recovered) {
    // a new client, or one that was away for too long: start from nothing
    socket.join("news");
    socket.data.since = Date.now();
  }
  // after a recovery the id, the rooms and the data are what they were, and the missed events are sent again

  socket.on("publish", (text) => io.to("news").emit("news", text));
  socket.on("state", (reply) => reply({ rooms: [...socket.rooms], data: socket.data }));
});

httpServer.listen(process.env.PORT ?? 3000, () => {
  console.log(`listening on http://localhost:${httpServer.address().port}`);
});
