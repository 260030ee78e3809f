const { createServer } = require("node:http");
const { setTimeout: sleep } = require("node:timers/promises");
const { Server } = require("socket.io");

const pauseMs = Number(process.env.PAUSE_MS ?? 5_000); // longer than the load balancer takes to see the failure

let isReady = true;

const httpServer = createServer((req, res) => {
  // for the readiness probe: after a failure, no new clients are sent to this process
  res.writeHead(req.url === "/ready" && isReady ? 200 : 503).end();
});

const io = new Server(httpServer);

io.on("connection", (socket) => {
  socket.on("ask me", async () => {
    try {
      const answer = await socket.timeout(10_000).emitWithAck("what is your name?");
      console.log(`the client said ${answer}`);
    } catch (error) {
      console.log(`the client said nothing: ${error.message}`);
    }
  });
});

// Kubernetes sends SIGTERM first and, after terminationGracePeriodSeconds (30), SIGKILL
process.once("SIGTERM", async () => {
  isReady = false;
  await sleep(pauseMs);
  const { disconnected, cut } = await io.close({
    drain: { batchSize: 100, intervalMs: 100, timeoutMs: 20_000 },
  });
  console.log(`${disconnected} clients have left, ${cut} of them too early`);
  process.exit();
});

httpServer.listen(process.env.PORT ?? 3000, () => {
  console.log(`listening on http://localhost:${httpServer.address().port}`);
});
