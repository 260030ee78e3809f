const { readFileSync } = require("node:fs");
const { createSecureServer } = require("node:http2");
const { Server } = require("socket.io");

const http2Server = createSecureServer({
  allowHTTP1: true, // a WebSocket starts as an HTTP/1.1 request
  key: readFileSync(`${__dirname}/key.pem`),
  cert: readFileSync(`${__dirname}/cert.pem`),
});
const io = new Server(http2Server);

io.on("connection", (socket) => {
  socket.on("hello", (name, reply) => reply(`Hello, ${name}! Secure: ${socket.handshake.secure}`));
});

http2Server.listen(process.env.PORT ?? 3000, () => {
  console.log(`listening on https://localhost:${http2Server.address().port}`);
});
