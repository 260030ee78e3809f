const cluster = require("node:cluster");
const { randomBytes } = require("node:crypto");
const { setupPrimary } = require("@socket.io/cluster-adapter");

const started = new Set();
let isStopping = false;

// each process has to accept the sessions that the others have created
process.env.SESSION_SECRET ??= randomBytes(32).toString("hex");

cluster.setupPrimary({ exec: `${__dirname}/server.js` });
setupPrimary(); // passes the messages of the adapter from one process to the others
cluster.fork();
cluster.fork();

cluster.on("listening", (worker) => {
  started.add(worker);
});

cluster.on("exit", (worker) => {
  // a process that could not start would not start the next time either
  if (started.delete(worker) && !isStopping) {
    console.log(`process ${worker.process.pid} has ended, and another one replaces it`);
    cluster.fork();
  }
});

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    isStopping = true;
    for (const worker of Object.values(cluster.workers)) {
      worker.process.kill("SIGTERM");
    }
  });
}
