const { createServer } = require("node:http");
const { Server } = require("socket.io");

const port = Number(process.env.PORT ?? 3000);
const httpServer = createServer();
const io = new Server(httpServer);

io.on("connection", (socket) => {
  socket.emit("welcome", process.pid);
});

// while an earlier process uses the port, try again: it stops listening soon after SIGTERM, and its clients reconnect here
httpServer.on("error", (error) => {
  if (error.code !== "EADDRINUSE") {
    throw error;
  }
  console.log(`waiting for port ${port}`);
  setTimeout(() => httpServer.listen(port), 50);
});

httpServer.on("listening", () => {
  console.log(`listening on http://localhost:${httpServer.address().port}`);
});

process.once("SIGTERM", async () => {
  const { disconnected, cut } = await io.close({
    drain: { batchSize: 100, intervalMs: 100, timeoutMs: 20_000 },
  });
  console.log(`${disconnected} clients have left, ${cut} of them too early`);
  process.exit();
});

httpServer.listen(port);
