import { io } from "socket.io-client";

export async function start(url, getToken, show) {
  const socket = io(url, {
    autoConnect: false,
    auth: (callback) => callback({ token: getToken() }), // accessTokenFactory
  });

  socket.on("joined", (name) => show(`${name} has joined`));
  socket.on("said", (name, text) => show(`${name}: ${text}`));
  socket.on("connect_error", (error) => show(error.message)); // such as "unauthorized"
  socket.io.on("reconnect", () => socket.emit("join", "tea")); // onreconnected

  socket.connect();
  await socket.emitWithAck("join", "tea");

  const { error } = await socket.emitWithAck("say", "coffee", "hello");
  if (error) {
    show(`${error.code}: ${error.data.room}`);
  }

  // a stream
  socket.on("counted", show);
  const { value } = await socket.emitWithAck("counter", 3);
  show(`${value} items`);
  socket.off("counted", show);

  return socket;
}
