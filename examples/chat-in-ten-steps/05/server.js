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
  const name = nameFrom(socket.handshake.auth);
  socket.data.name = name;
  socket.emit("notice", `Welcome, ${name}!`);
  socket.broadcast.emit("notice", `${name} has joined`);
  sendPeople();

  socket.on("message", (text) => {
    if (isText(text)) {
      io.emit("message", { name, text });
    }
  });

  socket.on("disconnect", () => {
    io.emit("notice", `${name} has left`);
    sendPeople();
  });
});

/** Sends the list of all people to all of them. */
async function sendPeople() {
  const sockets = await io.fetchSockets();
  const names = sockets.map((socket) => socket.data.name);
  io.emit("people", names);
}

function nameFrom(auth) {
  return isText(auth.name) ? auth.name.trim().slice(0, 20) : "Guest";
}

/** Clients can send anything: checks that they have sent a text, and not a long one. */
function isText(value) {
  return typeof value === "string" && value.trim() !== "" && value.length <= 1000;
}

httpServer.listen(process.env.PORT ?? 3000, () => {
  console.log(`listening on http://localhost:${httpServer.address().port}`);
});
