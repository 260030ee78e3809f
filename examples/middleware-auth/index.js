const { createServer } = require("node:http");
const { Server } = require("socket.io");

const users = new Map([["secret-1", { name: "ada" }]]);

const httpServer = createServer();
const io = new Server(httpServer, {
  onHandlerError: (error) => console.error(error), // without it, a handler that throws ends the process
});

// runs for each client before "connection"; the client sends its token with io(url, { auth: { token } })
io.use((socket, next) => {
  const user = users.get(socket.handshake.auth.token);
  if (user) {
    socket.data.user = user;
    next();
  } else {
    const error = new Error("unknown token");
    error.data = { hint: "please sign in" }; // also sent to the client, which emits "connect_error"
    next(error);
  }
});

io.on("connection", (socket) => {
  // runs for each event of this client; an error is passed to the "error" event of the socket, and not to the client
  socket.use(([event], next) => {
    const isAllowed = !String(event).startsWith("admin:"); // the name of an event can be a number
    next(isAllowed ? undefined : new Error(`${event} is not allowed`));
  });
  socket.on("error", (error) => socket.emit("refused", error.message));

  socket.on("whoami", (reply) => reply(socket.data.user.name));
  socket.on("admin:announce", (text) => io.emit("announcement", text));
});

httpServer.listen(process.env.PORT ?? 3000, () => {
  console.log(`listening on http://localhost:${httpServer.address().port}`);
});
