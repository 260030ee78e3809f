const { createServer } = require("node:http");
const express = require("express");
const { Server } = require("socket.io");

const app = express();
const httpServer = createServer(app);
const io = new Server(httpServer);

app.get("/", (_req, res) => {
  res.send("Hello over HTTP");
});

io.on("connection", (socket) => {
  socket.on("hello", (name, reply) => reply(`Hello, ${name}!`));
});

// not app.listen(): that creates another HTTP server, to which Socket.IO is not attached
httpServer.listen(process.env.PORT ?? 3000, () => {
  console.log(`listening on http://localhost:${httpServer.address().port}`);
});
