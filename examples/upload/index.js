const { mkdtempSync } = require("node:fs");
const { appendFile, rm } = require("node:fs/promises");
const { createServer } = require("node:http");
const { tmpdir } = require("node:os");
const { join } = require("node:path");
const { Server } = require("socket.io");

const largest = 50 * 1024 * 1024;
const folder = mkdtempSync(join(tmpdir(), "uploads-"));

const httpServer = createServer();
const io = new Server(httpServer); // a chunk has to be smaller than maxHttpBufferSize, 1 MB by default

io.on("connection", (socket) => {
  const file = join(folder, socket.id); // not a name from the client, which could contain ".."
  let size = 0;

  // the client sends the next chunk when it has the answer to the previous one
  socket.on("chunk", async (bytes, answer) => {
    if (!Buffer.isBuffer(bytes) || typeof answer !== "function") {
      return; // a client can send anything
    }
    if (size + bytes.length > largest) {
      answer({ error: `a file has at most ${largest} bytes` });
      return;
    }
    size += bytes.length;
    try {
      await appendFile(file, bytes);
      if (socket.disconnected) {
        await rm(file, { force: true }); // the client has left meanwhile
        return;
      }
      answer({ size });
    } catch {
      answer({ error: "the file cannot be stored" });
    }
  });

  socket.on("disconnect", () => rm(file, { force: true }).catch(console.error));
});

httpServer.listen(process.env.PORT ?? 3000, () => {
  console.log(`listening on http://localhost:${httpServer.address().port}`);
});
