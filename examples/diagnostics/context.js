const { AsyncLocalStorage } = require("node:async_hooks");
const { tracingChannel } = require("node:diagnostics_channel");
const { createServer } = require("node:http");
const { setTimeout: pause } = require("node:timers/promises");
const { Server } = require("socket.io");

// all that a handler calls knows the socket and the event
const storage = new AsyncLocalStorage();

tracingChannel("socket.io:event").start.bindStore(storage, ({ socket, event }) => ({ id: socket.id, event }));

async function save(text) {
  await pause(1);
  const { id, event } = storage.getStore();
  return `${id} has saved "${text}" with ${event}`;
}

const httpServer = createServer();
const io = new Server(httpServer);

io.on("connection", (socket) => {
  socket.on("note", async (text, answer) => answer(await save(text)));
});

httpServer.listen(process.env.PORT ?? 3000, () => {
  console.log(`listening on http://localhost:${httpServer.address().port}`);
});
