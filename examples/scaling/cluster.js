const cluster = require("node:cluster");
const { createServer } = require("node:http");
const { availableParallelism } = require("node:os");
const { createAdapter, setupPrimary } = require("@socket.io/cluster-adapter");
const { setupMaster, setupWorker } = require("@socket.io/sticky");
const { Server } = require("socket.io");
const { answerWorkers, untilReleased } = require("./handover");

if (cluster.isPrimary) {
  const httpServer = createServer();
  setupMaster(httpServer, { loadBalancingMethod: "least-connection" }); // all requests of a client go to one worker
  setupPrimary(); // passes messages from worker to worker
  cluster.setupPrimary({ serialization: "advanced" }); // so that messages can contain binary data
  answerWorkers();
  for (let i = 0; i < availableParallelism(); i++) {
    cluster.fork();
  }
  cluster.on("exit", () => cluster.fork()); // a worker that ends is replaced
  // for example, a message for a worker that has just ended; without a listener, the primary process would end too
  cluster.on("fork", (worker) => worker.on("error", (error) => console.error(error.message)));
  httpServer.listen(process.env.PORT ?? 3000, () => {
    console.log(`listening on http://localhost:${httpServer.address().port}`);
  });
} else {
  const io = new Server(createServer(), { adapter: createAdapter() });
  setupWorker(io);
  io.engine.use(untilReleased());

  io.on("connection", (socket) => {
    socket.emit("process", process.pid);
    socket.on("say", (text) => io.emit("said", text)); // the clients of all workers receive it
  });
}
