/** The settings of all variants of the chat. */
const { limits } = require("./validate");

/** A client that reconnects within two minutes recovers its rooms, its data and its missed events. */
exports.connectionStateRecovery = { maxDisconnectionDuration: 2 * 60 * 1000 };

exports.serverOptions = {
  // over long-polling, an image is sent as base64, which is one third longer
  maxHttpBufferSize: Math.ceil((limits.imageBytes * 4) / 3) + 64 * 1024,
};

exports.portFrom = (value = "3000") => {
  const number = Number(value);
  if (value.trim() === "" || !Number.isInteger(number) || number < 0 || number > 65535) {
    fail(`PORT must be a whole number from 0 to 65535, got "${value}".`);
  }
  return number;
};

/** Listens, and prints the address of the chat, or the error. */
exports.listen = (httpServer, port, by = "") => {
  httpServer.on("error", (error) => fail(listenProblem(error, port)));
  httpServer.listen(port, () => {
    console.log(`Chat is running at http://localhost:${httpServer.address().port}`);
    console.log(`Open it in two windows to talk to yourself${by}; Ctrl+C stops it.`);
  });
};

/** Runs `close` at the first Ctrl+C; a second one ends the process at once, as usual. */
exports.onStop = (close) => {
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.once(signal, async () => {
      // connections that are still open by then are closed
      setTimeout(() => process.exit(0), 3000).unref();
      await close();
      console.log("Chat is closed.");
    });
  }
};

function listenProblem(error, port) {
  switch (error.code) {
    case "EADDRINUSE":
      return `Port ${port} is in use by another program. Choose a different one: PORT=${port + 1} npm start`;
    case "EACCES":
      return `Port ${port} needs more rights than this user has. Choose a different one: PORT=3000 npm start`;
    default:
      return `The chat cannot listen on port ${port}: ${error.message}`;
  }
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
exports.fail = fail;
