// The client of after.js.
import { io } from "socket.io-client";

export function connect(url, onSaid) {
  const socket = io(url);
  let room;
  socket.on("said", onSaid);
  // after an interruption; the server has forgotten the room of the old connection
  socket.io.on("reconnect", () => socket.emit("join", room));
  return {
    join(name) {
      room = name;
      return socket.emitWithAck("join", room);
    },
    say: (text) => socket.emit("say", text),
    close: () => socket.disconnect(),
  };
}
