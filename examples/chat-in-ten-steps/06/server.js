const { createServer } = require("node:http");
const express = require("express");
const { Server } = require("socket.io");

const app = express();
const httpServer = createServer(app);
const io = new Server(httpServer);
const rooms = ["lobby", "tea", "coffee"];

app.get("/", (_req, res) => {
  res.sendFile(`${__dirname}/index.html`);
});

io.on("connection", (socket) => {
  const name = nameFrom(socket.handshake.auth);
  socket.data.name = name;
  enter(socket, socket.handshake.auth.room);
  socket.emit("notice", `Welcome, ${name}!`);

  socket.on("join", (room) => {
    leave(socket);
    enter(socket, room);
  });

  socket.on("message", (text) => {
    if (isText(text)) {
      io.to(socket.data.room).emit("message", { name, text });
    }
  });

  socket.on("disconnect", () => {
    leave(socket);
  });
});

function enter(socket, wanted) {
  const room = rooms.includes(wanted) ? wanted : "lobby";
  socket.data.room = room;
  socket.join(room);
  socket.emit("room", room);
  socket.to(room).emit("notice", `${socket.data.name} has joined`);
  sendPeople(room);
}

function leave(socket) {
  const { name, room } = socket.data;
  socket.leave(room);
  io.to(room).emit("notice", `${name} has left`);
  sendPeople(room);
}

/** Sends the list of the people in a room to all of them. */
async function sendPeople(room) {
  const sockets = await io.in(room).fetchSockets();
  const names = sockets.map((socket) => socket.data.name);
  io.to(room).emit("people", names);
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
