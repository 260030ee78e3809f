const { createServer } = require("node:http");
const pino = require("pino");
const { Server } = require("socket.io");
const logActivity = require("./log-activity.js");

const httpServer = createServer();
const io = new Server(httpServer, {
  allowedOrigins: "https://example.com",
  limits: { eventsPerSecond: 100, policy: "drop" },
  slowConsumer: { maxBufferedBytes: 1_000_000 },
  onHandlerError() {}, // the server continues, and logActivity() logs the error
});

logActivity(pino(), io);

io.use((socket, next) => {
  next(socket.handshake.auth.token === "secret-1" ? undefined : new Error("unknown token"));
});

io.on("connection", (socket) => {
  socket.on("divide", (a, b, reply) => reply(a / b)); // throws without a function
  socket.on("history", (pages) => {
    for (let page = 0; page < pages; page++) {
      socket.emit("page", page, "x".repeat(100_000));
    }
  });
});

httpServer.listen(process.env.PORT ?? 3000, () => {
  console.log(`listening on http://localhost:${httpServer.address().port}`);
});
