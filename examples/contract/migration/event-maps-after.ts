// The same server with a contract, as a first step: the handlers stay as they are.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server, type ServerOf } from "socket.io";
import { contract, type OutputOf } from "socket.io/contract";
import * as z from "zod";

const Note = z.object({ title: z.string(), tags: z.any().optional() }); // z.any() where a schema is missing

export const notes = contract({
  clientToServer: {
    save: { args: [Note], ack: z.number() },
    clear: {},
  },
  serverToClient: { saved: { args: [z.string()] } },
});

interface SocketData {
  notes: OutputOf<typeof Note>[];
}

const httpServer = createServer();
const io: ServerOf<typeof notes, SocketData> = new Server(httpServer, {
  contract: notes,
  unknownEvents: "allow", // to be removed when the contract has all events
  validateOutgoing: "never", // to be removed when there are no reports
  onHandlerError: (error, { phase, event }) => console.error(phase, event, error),
});

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
