const { createReadStream } = require("node:fs");
const { createServer } = require("node:http");
const { join, dirname } = require("node:path");
const { Server } = require("socket.io");

// the ES module of the client class, which browsers can load as it is
const clientClass = join(dirname(require.resolve("socket.io/server-sent-events")), "server-sent-events.mjs");

const httpServer = createServer((req, res) => {
  const isModule = req.url === "/server-sent-events.mjs";
  res.setHeader("Content-Type", isModule ? "text/javascript" : "text/html");
  createReadStream(isModule ? clientClass : `${__dirname}/index.html`).pipe(res);
});

const io = new Server(httpServer, { transports: ["sse", "websocket"] });

io.on("connection", (socket) => {
  socket.emit("transport", socket.conn.transport.name);
  socket.on("hello", (name, reply) => reply(`Hello, ${name}!`));
});

httpServer.listen(process.env.PORT ?? 3001, () => {
  console.log(`listening on http://localhost:${httpServer.address().port}`);
});
