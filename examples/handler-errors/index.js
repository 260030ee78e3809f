const { createServer } = require("node:http");
const { Server } = require("socket.io");

const documents = new Map(); // in a real application, a table of a database

const httpServer = createServer();
const io = new Server(httpServer, {
  // called with what a handler or middleware throws, or rejects with; the server continues
  onHandlerError(error, { phase, event }) {
    console.error(`${phase} ${event ?? ""}`, error);
  },
});

io.on("connection", (socket) => {
  // without checks: a client that omits the text or the acknowledgement makes this handler throw
  socket.on("shout", (text, answer) => answer(text.toUpperCase()));

  socket.on("save", async (id, text, answer) => {
    if (typeof id !== "string" || typeof text !== "string" || typeof answer !== "function") {
      return; // a client can send anything
    }
    try {
      await save(id, text);
      answer({ ok: true });
    } catch (error) {
      console.error(error);
      answer({ error: "the document could not be saved" }); // no details, which may be secret
    }
  });
});

async function save(id, text) {
  if (documents.has(id)) {
    throw new Error(`duplicate key ${id} in the table documents`);
  }
  documents.set(id, text);
}

httpServer.listen(process.env.PORT ?? 3000, () => {
  console.log(`listening on http://localhost:${httpServer.address().port}`);
});
