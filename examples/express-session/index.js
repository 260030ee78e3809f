const { randomUUID } = require("node:crypto");
const { createServer } = require("node:http");
const express = require("express");
const session = require("express-session");
const { Server } = require("socket.io");

const app = express();
const httpServer = createServer(app);
const io = new Server(httpServer);

// one session middleware for both: sockets read the data that pages store
const sessions = session({
  secret: process.env.SESSION_SECRET ?? randomUUID(), // with a random one, all sessions end when the server does
  resave: false,
  saveUninitialized: true,
});
app.use(sessions);
io.engine.use(sessions);

app.get("/sign-in/:name", (req, res) => {
  req.session.name = req.params.name;
  res.send(`Hello, ${req.session.name}`);
});

io.on("connection", (socket) => {
  const { request } = socket; // the request that opened the connection, so its session may be out of date
  socket.on("whoami", (reply) => {
    request.session.reload((error) => reply(error ? undefined : request.session.name));
  });
});

httpServer.listen(process.env.PORT ?? 3000, () => {
  console.log(`listening on http://localhost:${httpServer.address().port}`);
});
