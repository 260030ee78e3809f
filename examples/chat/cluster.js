/** Starts the chat on all cores: run `npm run start:cluster`, then open the printed address in two windows. */
const cluster = require("node:cluster");
const { createServer } = require("node:http");
const { availableParallelism } = require("node:os");
const { createAdapter, setupPrimary } = require("@socket.io/cluster-adapter");
const { setupMaster, setupWorker } = require("@socket.io/sticky");
const { Server } = require("socket.io");
const { chat } = require("./chat");
const { listen, onStop, portFrom, serverOptions } = require("./settings");
const { SharedHistory } = require("./shared-history");
const { serveStatic } = require("./static");

if (cluster.isPrimary) {
  startPrimary();
} else {
  startWorker();
}

/** Passes each connection on to a worker; all requests of one client go to the same worker. */
function startPrimary() {
  const port = portFrom(process.env.PORT);
  const workers = Number(process.env.WORKERS) || availableParallelism();
  const httpServer = createServer();
  let isClosing = false;

  setupMaster(httpServer, { loadBalancingMethod: "least-connection" });
  setupPrimary();
  // images are sent between the processes as binary data
  cluster.setupPrimary({ serialization: "advanced" });
  for (let i = 0; i < workers; i++) {
    cluster.fork();
  }
  cluster.on("exit", (worker) => {
    if (!isClosing) {
      console.error(`Worker ${worker.process.pid} has ended, another one takes its place.`);
      cluster.fork();
    }
  });
  // for example, a message for a worker that has just ended; without a listener, this process would end too
  cluster.on("fork", (worker) => worker.on("error", (error) => console.error(error.message)));
  cluster.on("message", (worker, message) => {
    if (message.type === "chat:released?") {
      worker.send({ type: "chat:released", id: message.id });
    }
  });
  listen(httpServer, port, `, on ${workers} processes`);
  onStop(async () => {
    isClosing = true;
    httpServer.close();
    await new Promise((resolve) => {
      cluster.disconnect(resolve);
    });
  });
}

function startWorker() {
  // the primary process listens, and notifies the workers when to stop
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.on(signal, () => {});
  }
  // without connection state recovery, since this adapter stores no sessions
  const io = new Server(createServer(serveStatic), { ...serverOptions, adapter: createAdapter() });
  setupWorker(io);
  io.engine.use(untilReleased());
  chat(io, { history: new SharedHistory(io) });
  process.once("disconnect", () => io.close().then(() => process.exit(0)));
}

/**
 * Creates a middleware that waits until the primary process has closed its copy of a connection that it has passed on.
 *
 * Until then, the primary process may read data of the client and drop it: a WebSocket client that receives a response
 * earlier can lose its first packet, and then waits in vain. The messages between the two processes arrive in order, so
 * the answer of the primary process arrives after it has closed its copy.
 */
function untilReleased() {
  const waiting = new Map();
  let last = 0;
  process.on("message", ({ type, id }) => {
    if (type === "chat:released") {
      waiting.get(id)?.();
      waiting.delete(id);
    }
  });
  return (req, _res, next) => {
    if (req.headers.upgrade === undefined) {
      next();
      return;
    }
    const id = ++last;
    waiting.set(id, next);
    process.send({ type: "chat:released?", id });
  };
}
