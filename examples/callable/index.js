const httpServer = require("node:http").createServer();
const io = require("socket.io")(httpServer);

io.on("connection", (socket) => {
  socket.on("hello", (name, reply) => reply(`Hello, ${name}!`));
});

httpServer.listen(process.env.PORT ?? 3000, () => {
  console.log(`listening on http://localhost:${httpServer.address().port}`);
});
