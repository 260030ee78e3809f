/**
 * Starts the chat: run `npm start`, then open the printed address in two windows.
 *
 * With `REDIS_URL=redis://localhost:6379 npm start` on several machines, or on several ports, all of them are one chat.
 */
const { createServer } = require("node:http");
const { Server } = require("socket.io");
const { chat } = require("./chat");
const { connectRedis } = require("./redis");
const { connectionStateRecovery, listen, onStop, portFrom, serverOptions } = require("./settings");
const { SharedHistory } = require("./shared-history");
const { serveStatic } = require("./static");

const port = portFrom(process.env.PORT);
const httpServer = createServer(serveStatic);

start().catch((error) => {
  console.error(error);
  process.exit(1);
});

async function start() {
  const redis = process.env.REDIS_URL ? await connectRedis(process.env.REDIS_URL) : undefined;
  const io = new Server(httpServer, { ...serverOptions, connectionStateRecovery, adapter: redis?.adapter });
  chat(io, redis && { history: new SharedHistory(io) });
  listen(httpServer, port);
  // the HTTP server is closed too
  onStop(async () => {
    await io.close();
    await redis?.close();
  });
}
