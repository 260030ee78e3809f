const { Server } = require("socket.io");

const io = new Server(Number(process.env.PORT ?? 3000));

io.on("connection", (socket) => {
  socket.on("hello", (name, reply) => reply(`Hello, ${name}!`));
});

io.httpServer.on("listening", () => {
  console.log(`listening on http://localhost:${io.httpServer.address().port}`);
});
