const { createServer } = require("node:http");
const { Server } = require("socket.io");

const httpServer = createServer((_req, res) => res.end("Hello over HTTP\n"));
const io = new Server(httpServer);

io.on("connection", (socket) => {
  socket.on("hello", (name, reply) => reply(`Hello, ${name}!`));
});

httpServer.listen(process.env.PORT ?? 3000, () => {
  console.log(`listening on http://localhost:${httpServer.address().port}`);
});
