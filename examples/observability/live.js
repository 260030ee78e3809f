/** The namespace over which pages receive the samples. */
const { createHash, timingSafeEqual } = require("node:crypto");

const interval = 1000;
/** A page that does not answer for so long gets the next sample anyway. */
const patience = 10_000;

/** Admits pages that know the token, and sends them each second what the server does. */
function watch(namespace, { token, samples }) {
  const isToken = checkOf(token);
  /** The pages that have not acknowledged the previous sample yet: they get no further one, so nothing piles up. */
  const busy = new WeakSet();

  namespace.use((socket, next) => {
    next(isToken(socket.handshake.auth.token) ? undefined : new Error("The token is wrong."));
  });

  namespace.on("connection", (socket) => {
    socket.emit("history", samples.history);
  });

  let taking = false;
  const timer = setInterval(async () => {
    if (taking) {
      return;
    }
    taking = true;
    try {
      const sample = await samples.take();
      for (const socket of namespace.sockets.values()) {
        if (!busy.has(socket)) {
          busy.add(socket);
          socket.timeout(patience).emit("sample", sample, () => busy.delete(socket));
        }
      }
    } catch (error) {
      console.error(error);
    } finally {
      taking = false;
    }
  }, interval);

  return { stop: () => clearInterval(timer) };
}

/** Compares digests, in a time that does not depend on how much of the token is right. */
function checkOf(token) {
  const digest = (text) => createHash("sha256").update(text).digest();
  const expected = digest(token);
  return (given) => typeof given === "string" && timingSafeEqual(digest(given), expected);
}

module.exports = { watch };
