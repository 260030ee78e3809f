const { createServer } = require("node:http");
const express = require("express");
const { Server } = require("socket.io");

const app = express();
const httpServer = createServer(app);
const io = new Server(httpServer);

app.get("/", (_req, res) => {
  res.sendFile(`${__dirname}/index.html`);
});

io.on("connection", (socket) => {
  console.log(`${socket.id} has connected`);
  socket.on("disconnect", (reason) => {
    console.log(`${socket.id} has disconnected: ${reason}`);
  });
});

httpServer.listen(process.env.PORT ?? 3000, () => {
  console.log(`listening on http://localhost:${httpServer.address().port}`);
});
