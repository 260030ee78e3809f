const fastify = require("fastify")();
const { default: socketio } = require("fastify-socket.io");

fastify.register(socketio); // the second argument contains the options of Socket.IO

fastify.get("/", () => "Hello over HTTP");

fastify.ready().then(() => {
  fastify.io.on("connection", (socket) => {
    socket.on("hello", (name, reply) => reply(`Hello, ${name}!`));
  });
});

// an explicit host, since for "localhost" Fastify may start a second HTTP server, to which Socket.IO is not attached
fastify.listen({ host: "0.0.0.0", port: Number(process.env.PORT ?? 3000) }).then((address) => {
  console.log(`listening on ${address}`);
});
