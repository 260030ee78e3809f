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
  socket.on("message", (text) => {
    if (isText(text)) {
      io.emit("message", text);
    }
  });
});

/** Clients can send anything: checks that they have sent a text, and not a long one. */
function isText(value) {
  return typeof value === "string" && value.trim() !== "" && value.length <= 1000;
}

httpServer.listen(process.env.PORT ?? 3000, () => {
  console.log(`listening on http://localhost:${httpServer.address().port}`);
});
