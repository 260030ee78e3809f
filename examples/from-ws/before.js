// Rooms with a server of ws, before the migration. Clients send and receive JSON texts of their own format.
const { createServer } = require("node:http");
const { WebSocket, WebSocketServer } = require("ws");

const httpServer = createServer();
const webSocketServer = new WebSocketServer({ server: httpServer, maxPayload: 1_000_000 });
const rooms = new Map(); // the name of each room, and its connections

function leave(ws) {
  const members = rooms.get(ws.room);
  members?.delete(ws);
  if (members?.size === 0) {
    rooms.delete(ws.room);
  }
}

function receive(ws, { type, id, room, text }) {
  if (type === "join") {
    leave(ws);
    ws.room = room;
    rooms.set(room, (rooms.get(room) ?? new Set()).add(ws));
    ws.send(JSON.stringify({ type: "answer", id, value: rooms.get(room).size }));
  } else if (type === "say") {
    for (const other of rooms.get(ws.room) ?? []) {
      if (other !== ws && other.readyState === WebSocket.OPEN) {
        other.send(JSON.stringify({ type: "said", text }));
      }
    }
  }
}

webSocketServer.on("connection", (ws) => {
  ws.isAlive = true;
  ws.on("pong", () => {
    ws.isAlive = true;
  });
  ws.on("error", () => {}); // for example, a message that is too large; without a listener, the process ends
  ws.on("close", () => leave(ws));
  ws.on("message", (data) => {
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      ws.close(1007, "no JSON");
      return;
    }
    receive(ws, message ?? {});
  });
});

// ends the connections of clients that have disappeared
setInterval(() => {
  for (const ws of webSocketServer.clients) {
    if (!ws.isAlive) {
      ws.terminate();
      continue;
    }
    ws.isAlive = false;
    ws.ping();
  }
}, 25_000);

httpServer.listen(process.env.PORT ?? 3000, () => {
  console.log(`listening on http://localhost:${httpServer.address().port}`);
});
