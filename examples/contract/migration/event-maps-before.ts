// Event maps: the compiler checks them, and clients may send anything.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";

interface Note {
  title: string;
  tags?: string[];
}

interface ClientToServerEvents {
  save: (note: Note, ack: (count: number) => void) => void;
  clear: () => void;
}

interface ServerToClientEvents {
  saved: (title: string) => void;
}

interface SocketData {
  notes: Note[];
}

const httpServer = createServer();
const io = new Server<ClientToServerEvents, ServerToClientEvents, Record<never, never>, SocketData>(
  httpServer,
);

io.on("connection", (socket) => {
  socket.data.notes = [];
  socket.on("save", (note, ack) => {
    socket.data.notes.push(note);
    socket.emit("saved", note.title);
    ack(socket.data.notes.length);
  });
  socket.on("clear", () => {
    socket.data.notes = [];
  });
});

httpServer.listen(process.env.PORT ?? 3000, () => {
  console.log(`listening on http://localhost:${(httpServer.address() as AddressInfo).port}`);
});
