const { once } = require("node:events");
const { createServer } = require("node:http");
const { createAdapter } = require("@socket.io/cluster-adapter");
const express = require("express");
const { Server } = require("socket.io");
const { cookie, createSession, isRightPassword, nameIn } = require("./sessions");

const app = express();
const httpServer = createServer(app);
const io = new Server(httpServer, {
  adapter: createAdapter({ heartbeatInterval: 500, heartbeatTimeout: 3000 }), // milliseconds
  transports: ["websocket"],
});
const rooms = ["lobby", "tea", "coffee"];
const kept = []; // the latest messages of all rooms

app.get("/", (req, res) => {
  const page = nameIn(req.headers) ? "index.html" : "sign-in.html";
  res.sendFile(`${__dirname}/${page}`);
});

app.post("/sign-in", express.urlencoded(), (req, res) => {
  const { name, password } = req.body ?? {};
  if (isRightPassword(name, password)) {
    res.cookie("session", createSession(name), cookie).redirect(303, "/");
  } else {
    res.status(401).send('This name and this password do not match. <a href="/">Try again</a>');
  }
});

app.post("/sign-out", (req, res) => {
  const windows = io.in(`user:${nameIn(req.headers)}`);
  res.on("finish", () => windows.disconnectSockets());
  res.clearCookie("session").redirect(303, "/");
});

io.use((socket, next) => {
  const name = nameIn(socket.handshake.headers);
  socket.data.name = name;
  next(name ? undefined : new Error("not signed in"));
});

io.on("connection", (socket) => {
  console.log(`process ${process.pid}: ${socket.data.name} has connected`);
  socket.join(`user:${socket.data.name}`);
  enter(socket, socket.handshake.auth.room);
  socket.emit("notice", `Welcome, ${socket.data.name}!`);

  socket.handle("join", (room) => {
    if (room !== socket.data.room) {
      leave(socket);
      enter(socket, room);
    }
  });

  socket.handle("message", (id, text) => {
    return isText(id) && isText(text) ? say(socket, id, text) : undefined;
  });

  socket.on("disconnect", (reason) => {
    if (reason !== "server shutting down") {
      leave(socket);
    }
  });
});

function enter(socket, wanted) {
  const room = rooms.includes(wanted) ? wanted : "lobby";
  socket.data.room = room;
  socket.join(room);
  const history = kept.filter((message) => message.room === room).slice(-50);
  socket.emit("room", room, history);
  socket.to(room).emit("notice", `${socket.data.name} has joined`);
  sendPeople(room);
}

function leave(socket) {
  const { name, room } = socket.data;
  socket.leave(room);
  io.to(room).emit("notice", `${name} has left`);
  sendPeople(room);
}

/** Sends a message to the others in the room, unless it has arrived before, and returns it. */
function say(socket, id, text) {
  const { name, room } = socket.data;
  let message = kept.find((earlier) => earlier.id === id);
  if (message === undefined) {
    message = { id, room, name, text };
    keep(message);
    io.serverSideEmit("keep", message);
    socket.to(room).emit("message", message);
  }
  return message;
}

function keep(message) {
  kept.push(message);
  if (kept.length > 1000) {
    kept.shift();
  }
}

// from the other process: a message, and the question of a new process
io.on("keep", keep);
io.on("new process", () => io.serverSideEmit("history", kept));

/** Sends the list of the people in a room to all of them. */
async function sendPeople(room) {
  try {
    const sockets = await io.in(room).fetchSockets();
    const names = sockets.map((socket) => socket.data.name);
    io.to(room).emit("people", names);
  } catch (error) {
    console.log(`the list of people is not sent: ${error.message}`); // another process has ended, for example
  }
}

/** Clients can send anything: checks that they have sent a text, and not a long one. */
function isText(value) {
  return typeof value === "string" && value.trim() !== "" && value.length <= 1000;
}

start();

async function start() {
  const answer = once(io, "history", { signal: AbortSignal.timeout(2000) });
  io.serverSideEmit("new process");
  const [history] = await answer.catch(() => [[]]); // without an answer: there is no other process
  kept.unshift(...history.filter(({ id }) => kept.every((message) => message.id !== id)));
  httpServer.listen(process.env.PORT ?? 3000, () => {
    console.log(`listening on http://localhost:${httpServer.address().port}`);
  });
}

process.on("SIGINT", () => {}); // Ctrl+C: cluster.js receives it too, and sends SIGTERM

process.once("SIGTERM", async () => {
  const { disconnected } = await io.close({ drain: true });
  console.log(`process ${process.pid} has closed ${disconnected} connections`);
  process.exit();
});
