const { createServer } = require("node:http");
const { Server } = require("socket.io");
const parser = require("socket.io-msgpack-parser");

const httpServer = createServer();
const io = new Server(httpServer, { parser }); // the client needs the same parser: io(url, { parser })

io.on("connection", (socket) => {
  // here, binary data is part of the packet instead of a separate WebSocket frame
  socket.on("reverse", (bytes, reply) => reply(Buffer.from(bytes).reverse()));
});

httpServer.listen(process.env.PORT ?? 3000, () => {
  console.log(`listening on http://localhost:${httpServer.address().port}`);
});
