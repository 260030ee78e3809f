const { createServer } = require("node:http");
const { Server } = require("socket.io");

const httpServer = createServer();
const io = new Server(httpServer, {
  onHandlerError: (error) => console.error(error), // such as that of fetchSockets(), if a server does not answer in time
});

io.use((socket, next) => {
  const { user } = socket.handshake.auth; // a real application checks a token
  socket.data.user = user;
  next(typeof user === "string" ? undefined : new Error("who are you?"));
});

io.on("connection", async (socket) => {
  const { user } = socket.data;
  const windows = io.in(`user:${user}`); // all sockets of this user, on all servers

  socket.on("who", async (answer) => {
    const sockets = await io.fetchSockets();
    answer([...new Set(sockets.map(({ data }) => data.user))].sort());
  });

  socket.on("disconnect", async () => {
    if ((await windows.fetchSockets()).length === 0) {
      io.emit("offline", user);
    }
  });

  const others = await windows.fetchSockets().catch(() => []); // if a server does not answer: announce, perhaps twice
  if (!socket.connected) {
    return; // the window was closed meanwhile
  }
  socket.join(`user:${user}`);
  if (others.length === 0) {
    io.emit("online", user);
  }
});

httpServer.listen(process.env.PORT ?? 3000, () => {
  console.log(`listening on http://localhost:${httpServer.address().port}`);
});
