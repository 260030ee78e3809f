const { createServer } = require("node:http");
const { Server } = require("socket.io");

const httpServer = createServer();
const io = new Server(httpServer, {
  cleanupEmptyChildNamespaces: true, // a namespace is removed when its last client has left
});

// /project-1, /project-2, ...: each is created for its first client, and is separate from the others
const projects = io.of(/^\/project-\d+$/);

projects.on("connection", (socket) => {
  const project = socket.nsp;
  socket.on("edit", (text) => project.emit("edited", project.name, text));
});

// an event of the parent is sent to the clients of all its namespaces
io.on("connection", (socket) => {
  socket.on("announce", (text) => projects.emit("announcement", text));
});

httpServer.listen(process.env.PORT ?? 3000, () => {
  console.log(`listening on http://localhost:${httpServer.address().port}`);
});
