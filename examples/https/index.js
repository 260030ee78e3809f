const { readFileSync } = require("node:fs");
const { createServer } = require("node:https");
const { Server } = require("socket.io");

// a certificate for localhost, for tests only, created with
//   openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out cert.pem
//     -days 36500 -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1
const httpsServer = createServer({
  key: readFileSync(`${__dirname}/key.pem`),
  cert: readFileSync(`${__dirname}/cert.pem`),
});
const io = new Server(httpsServer);

io.on("connection", (socket) => {
  socket.on("hello", (name, reply) => reply(`Hello, ${name}! Secure: ${socket.handshake.secure}`));
});

httpsServer.listen(process.env.PORT ?? 3000, () => {
  console.log(`listening on https://localhost:${httpsServer.address().port}`);
});
