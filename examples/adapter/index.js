const { Worker, isMainThread, workerData } = require("node:worker_threads");
const { Server } = require("socket.io");
const { createAdapter } = require("./broadcast-channel-adapter");

if (isMainThread) {
  const port = Number(process.env.PORT ?? 3000);
  for (const offset of [0, 1]) {
    new Worker(__filename, { workerData: { port: port && port + offset } });
  }
} else {
  const io = new Server(workerData.port, { adapter: createAdapter() });

  io.on("connection", (socket) => {
    // to all clients of all servers
    socket.on("say", (text) => io.emit("said", text));
    socket.on("count", async (reply) => reply((await io.fetchSockets()).length));
    socket.on("poll", async (question, reply) => {
      reply(await socket.broadcast.timeout(1000).emitWithAck("question", question));
    });
  });

  io.httpServer.on("listening", () => {
    console.log(`listening on http://localhost:${io.httpServer.address().port}`);
  });
}
