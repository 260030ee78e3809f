const cluster = require("node:cluster");

/** In the primary process: answers the questions of untilReleased(). */
exports.answerWorkers = () => {
  cluster.on("message", (worker, { type, id }) => {
    if (type === "released?") {
      worker.send({ type: "released", id });
    }
  });
};

/**
 * In a worker: a middleware that holds the request of a WebSocket until the primary process has closed its copy of the
 * connection. Before that, the primary process may read and drop what the client sends. The messages of the two
 * processes arrive in order, so the answer of the primary process shows that it has closed its copy.
 */
exports.untilReleased = () => {
  const held = new Map();
  let last = 0;
  process.on("message", ({ type, id }) => {
    if (type === "released") {
      held.get(id)?.();
      held.delete(id);
    }
  });
  return (req, _res, next) => {
    if (req.headers.upgrade === undefined) {
      next();
      return;
    }
    const id = ++last;
    held.set(id, next);
    process.send({ type: "released?", id });
  };
};
