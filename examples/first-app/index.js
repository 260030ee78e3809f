const { createReadStream } = require("node:fs");
const { createServer } = require("node:http");
const { Server } = require("socket.io");

const httpServer = createServer((_req, res) => createReadStream(`${__dirname}/index.html`).pipe(res));
const io = new Server(httpServer);

let presses = 0;
io.on("connection", (socket) => {
  socket.emit("presses", presses); // to this client
  socket.on("press", () => io.emit("presses", ++presses)); // to all clients
});

httpServer.listen(process.env.PORT ?? 3000, () => {
  console.log(`listening on http://localhost:${httpServer.address().port}`);
});
