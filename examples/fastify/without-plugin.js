const fastify = require("fastify")();
const { Server } = require("socket.io");

const io = new Server(fastify.server); // the second argument contains the options of Socket.IO

fastify.get("/", () => "Hello over HTTP");

io.on("connection", (socket) => {
  socket.on("hello", (name, reply) => reply(`Hello, ${name}!`));
});

// disconnects the clients first: fastify.close() waits until all connections are closed
fastify.addHook("preClose", () => io.close());

process.once("SIGTERM", () => fastify.close());

// an explicit host, since for "localhost" Fastify may start a second HTTP server, to which Socket.IO is not attached
fastify.listen({ host: "0.0.0.0", port: Number(process.env.PORT ?? 3000) }).then((address) => {
  console.log(`listening on ${address}`);
});
