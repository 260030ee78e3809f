const { createServer } = require("node:http");
const { Server } = require("socket.io");

const httpServer = createServer();
const io = new Server(httpServer);

io.on("connection", (socket) => {
  // a client requests an acknowledgement: the server calls the last argument
  socket.on("double", (number, answer) => answer(number * 2));

  // the server requests one from a client; the promise rejects without an answer in time
  socket.on("call me back", async () => {
    try {
      const name = await socket.timeout(500).emitWithAck("what is your name?");
      socket.emit("verdict", `hello, ${name}`);
    } catch (error) {
      socket.emit("verdict", error.message);
    }
  });

  // the server requests one from all other clients; error.responses has the answers that arrived in time
  socket.on("poll", async (question, answer) => {
    try {
      const votes = await socket.broadcast.timeout(500).emitWithAck("question", question);
      answer({ complete: true, votes });
    } catch (error) {
      answer({ complete: false, votes: error.responses });
    }
  });
});

httpServer.listen(process.env.PORT ?? 3000, () => {
  console.log(`listening on http://localhost:${httpServer.address().port}`);
});
