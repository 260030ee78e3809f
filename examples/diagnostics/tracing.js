const { tracingChannel } = require("node:diagnostics_channel");
const { createServer } = require("node:http");
const { setTimeout: pause } = require("node:timers/promises");
const { Server } = require("socket.io");

// logs how long the handlers of each event take, until their promises are settled
const starts = new WeakMap();
const log = (message) => {
  const start = starts.get(message);
  if (start === undefined) {
    return; // the operation began before the subscription
  }
  const duration = performance.now() - start;
  console.log(`${message.event}: ${message.error?.message ?? "done"} after ${Math.round(duration)} ms`);
};

tracingChannel("socket.io:event").subscribe({
  start: (message) => starts.set(message, performance.now()),
  end: (message) => message.isAsync || log(message),
  asyncStart: log,
  asyncEnd() {},
  error() {},
});

const httpServer = createServer();
const io = new Server(httpServer, { onHandlerError() {} });

io.on("connection", (socket) => {
  socket.on("quick", (answer) => answer());
  socket.on("slow", async (answer) => {
    await pause(20);
    answer();
  });
  socket.on("wrong", async () => {
    throw new Error("failed");
  });
});

httpServer.listen(process.env.PORT ?? 3000, () => {
  console.log(`listening on http://localhost:${httpServer.address().port}`);
});
