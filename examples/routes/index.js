const { createServer } = require("node:http");
const express = require("express");
const { Server } = require("socket.io");
const newsRoutes = require("./news");

const app = express();
const httpServer = createServer(app);
const io = new Server(httpServer);

// other files get the server as an argument
app.use("/news", newsRoutes(io));

io.on("connection", (socket) => {
  socket.on("follow", (topic, done) => {
    socket.join(`topic:${topic}`);
    done();
  });
});

httpServer.listen(process.env.PORT ?? 3000, () => {
  console.log(`listening on http://localhost:${httpServer.address().port}`);
});
