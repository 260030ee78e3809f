const { createServer } = require("node:http");
const Koa = require("koa");
const { Server } = require("socket.io");

const app = new Koa();

app.use((ctx) => {
  ctx.body = "Hello over HTTP";
});

// app.callback() includes the middleware that was added before
const httpServer = createServer(app.callback());
const io = new Server(httpServer);

io.on("connection", (socket) => {
  socket.on("hello", (name, reply) => reply(`Hello, ${name}!`));
});

// not app.listen(): that creates another HTTP server, to which Socket.IO is not attached
httpServer.listen(process.env.PORT ?? 3000, () => {
  console.log(`listening on http://localhost:${httpServer.address().port}`);
});
