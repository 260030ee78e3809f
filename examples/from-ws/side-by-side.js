// Clients of before.js and of after.js in the same rooms, on one port, while the clients are replaced.
const { createServer } = require("node:http");
const { Server } = require("socket.io");
const { WebSocket, WebSocketServer } = require("ws");

const httpServer = createServer();
const io = new Server(httpServer);
// not { server }: then ws would answer the upgrade requests of Socket.IO too, which would fail
const webSocketServer = new WebSocketServer({ noServer: true, maxPayload: 1_000_000 });

httpServer.on("upgrade", (req, connection, head) => {
  if (req.url.split("?")[0] === "/ws") {
    webSocketServer.handleUpgrade(req, connection, head, (ws) => webSocketServer.emit("connection", ws, req));
  }
  // Socket.IO handles requests of its own path, and closes those that no listener answers
});

/** The clients of ws in a room. */
const oldIn = (room) => [...webSocketServer.clients].filter((ws) => ws.room === room);

/** The number of members of a room, of both kinds. */
const count = (room) => oldIn(room).length + (io.of("/").adapter.rooms.get(room)?.size ?? 0);

/** Sends to both kinds of clients; `from` is the client that does not receive the text. */
function say(room, text, from) {
  (from instanceof WebSocket ? io : from).to(room).emit("said", text);
  for (const ws of oldIn(room)) {
    if (ws !== from && ws.readyState === WebSocket.OPEN) {
      ws.send(JSON.stringify({ type: "said", text }));
    }
  }
}

io.on("connection", (socket) => {
  let room;
  function join(name) {
    socket.leave(room);
    room = `room:${JSON.stringify(name)}`; // a prefix, since the id of each socket is the name of a room too
    socket.join(room);
    return count(room);
  }
  if (socket.handshake.auth.room !== undefined) {
    join(socket.handshake.auth.room);
  }
  socket.handle("join", join);
  socket.on("say", (text) => {
    if (room) {
      say(room, text, socket);
    }
  });
});

webSocketServer.on("connection", (ws) => {
  ws.on("error", () => {});
  ws.on("message", (data) => {
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      ws.close(1007, "no JSON");
      return;
    }
    const { type, id, room: name, text } = message ?? {};
    if (type === "join") {
      ws.room = `room:${JSON.stringify(name)}`;
      ws.send(JSON.stringify({ type: "answer", id, value: count(ws.room) }));
    } else if (type === "say" && ws.room) {
      say(ws.room, text, ws);
    }
  });
});

httpServer.listen(process.env.PORT ?? 3000, () => {
  console.log(`listening on http://localhost:${httpServer.address().port}`);
});
