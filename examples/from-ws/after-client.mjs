// The client of after.js.
import { io } from "socket.io-client";

export function connect(url, onSaid) {
  let room;
  const socket = io(url, {
    // for each connection, so that the server knows the room after an interruption
    auth: (callback) => callback({ room }),
  });
  socket.on("said", onSaid);
  return {
    join(name) {
      room = name;
      return socket.emitWithAck("join", room);
    },
    say: (text) => socket.emit("say", text),
    close: () => socket.disconnect(),
  };
}
