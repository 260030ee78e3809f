const { json, Router } = require("express");

/** The routes of the news. An HTTP request has no socket, so they send with the server. */
module.exports = (io) => {
  const routes = Router();

  // curl -X POST -H "Content-Type: application/json" -d '{"text":"hello"}' http://localhost:3000/news/tea
  routes.post("/:topic", json(), (req, res) => {
    io.to(`topic:${req.params.topic}`).emit("news", req.body.text);
    res.status(202).end();
  });

  return routes;
};
