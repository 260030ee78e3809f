const { createServer } = require("node:http");
const { Server } = require("socket.io");

const news = []; // in a real application, a table of a database

const httpServer = createServer();
const io = new Server(httpServer);

io.on("connection", (socket) => {
  // the client keeps the number of the last text that it has received, and sends it with each connection:
  //   socket.on("news", (text, number) => { socket.auth = { ...socket.auth, last: number }; });
  const { last } = socket.handshake.auth;
  const seen = Number.isInteger(last) && last > 0 ? last : 0;
  for (const [index, text] of news.slice(seen).entries()) {
    socket.emit("news", text, seen + index + 1);
  }

  socket.on("publish", (text, done) => {
    const number = news.push(text); // stored before it is sent
    io.emit("news", text, number);
    done(number);
  });
});

httpServer.listen(process.env.PORT ?? 3000, () => {
  console.log(`listening on http://localhost:${httpServer.address().port}`);
});
