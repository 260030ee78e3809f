const { subscribe } = require("node:diagnostics_channel");
const { createServer } = require("node:http");
const { Server } = require("socket.io");

const bytes = { in: 0, out: 0 };

subscribe("socket.io:packet", (message) => {
  bytes[message.direction] += message.bytes * message.receivers;
});

subscribe("socket.io:disconnect", ({ socket, reason, transport, durationMs }) => {
  console.log(`${socket.id} has left after ${Math.round(durationMs / 1000)} s over ${transport}: ${reason}`);
});

const httpServer = createServer();
const io = new Server(httpServer);

io.on("connection", (socket) => {
  socket.on("traffic", (answer) => answer(bytes));
});

httpServer.listen(process.env.PORT ?? 3000, () => {
  console.log(`listening on http://localhost:${httpServer.address().port}`);
});
