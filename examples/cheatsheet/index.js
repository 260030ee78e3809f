const { Worker, isMainThread, workerData } = require("node:worker_threads");
const { Server } = require("socket.io");
const { createAdapter } = require("../adapter/broadcast-channel-adapter");

// two servers, each in a thread, joined by an adapter
if (isMainThread) {
  const port = Number(process.env.PORT ?? 3000);
  for (const offset of [0, 1]) {
    new Worker(__filename, { workerData: { port: port && port + offset } });
  }
} else {
  const io = new Server(workerData.port, { adapter: createAdapter() });
  const admin = io.of("/admin");

  io.on("connection", (socket) => {
    socket.on("join", (rooms, done) => done(socket.join(rooms)));
    socket.on("count", async (done) => done((await io.fetchSockets()).length));
    socket.on("run", (id) => sendEach(io, admin, socket, id));
    socket.on("run volatile", () => socket.volatile.emit("news", "socket.volatile"));
    socket.on("run volatile to all", () => io.volatile.emit("news", "io.volatile"));
    socket.on("ask", async (id, done) => done(await askEach(io, socket, id)));
  });
  admin.on("connection", (socket) => socket.join("tea"));

  // from the other servers
  io.on("news", (text) => io.local.emit("news", text));
  io.on("question", (answer) => answer("a server"));

  io.httpServer.on("listening", () => {
    console.log(`listening on http://localhost:${io.httpServer.address().port}`);
  });
}

function sendEach(io, admin, socket, id) {
  // from a socket: this client, or others than this client
  socket.emit("news", "this client");
  socket.send("this client"); // the event "message"
  socket.compress(false).emit("news", "this client, not compressed");
  socket.broadcast.emit("news", "all except this client");
  socket.to("tea").emit("news", "tea except this client");
  socket.to(["tea", "milk"]).emit("news", "tea or milk, except this client");
  socket.to("tea").except("milk").emit("news", "tea without milk, except this client");
  socket.local.emit("news", "this server except this client");

  // from the server
  io.emit("news", "all");
  io.send("all"); // the event "message"
  io.to("tea").emit("news", "tea");
  io.in("tea").emit("news", "in tea");
  io.to("tea").to("milk").emit("news", "tea or milk");
  io.except("tea").emit("news", "all without tea");
  io.to("tea").except("milk").emit("news", "tea without milk");
  io.to(id).emit("news", "one client");
  io.local.emit("news", "this server");
  io.local.to("tea").emit("news", "tea of this server");
  io.serverSideEmit("news", "the other servers");

  // in another namespace
  admin.emit("news", "all of /admin");
  admin.to("tea").emit("news", "tea of /admin");
}

async function askEach(io, socket, id) {
  const [remote] = await io.in(id).fetchSockets(); // on this or another server
  remote.emit("news", "a remote socket");
  return {
    "this client": await socket.emitWithAck("question"),
    "this client in time": await socket.timeout(5000).emitWithAck("question"),
    "a callback": await new Promise((resolve) => {
      socket.timeout(5000).emit("question", (error, answer) => resolve(error ?? answer));
    }),
    "all except this client": await socket.broadcast.timeout(5000).emitWithAck("question"),
    "tea except this client": await socket.to("tea").timeout(5000).emitWithAck("question"),
    all: await io.timeout(5000).emitWithAck("question"),
    tea: await io.to("tea").timeout(5000).emitWithAck("question"),
    "this server": await io.local.timeout(5000).emitWithAck("question"),
    "the other servers": await io.serverSideEmitWithAck("question"),
  };
}
