const { createServer } = require("node:http");
const Koa = require("koa");
const { Server } = require("socket.io");

const app = new Koa();

app.use((ctx) => {
  ctx.body = "Hello over HTTP";
});

// app.callback() knows the middleware that was added before it
const httpServer = createServer(app.callback());
const io = new Server(httpServer);

io.on("connection", (socket) => {
  socket.on("hello", (name, reply) => reply(`Hello, ${name}!`));
});

// not app.listen(): that makes an HTTP server of its own, which Socket.IO is not attached to
httpServer.listen(process.env.PORT ?? 3000, () => {
  console.log(`listening on http://localhost:${httpServer.address().port}`);
});
