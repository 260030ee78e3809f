const { createServer } = require("node:http");
const express = require("express");

const app = express();
const httpServer = createServer(app);

app.get("/", (_req, res) => {
  res.sendFile(`${__dirname}/index.html`);
});

httpServer.listen(process.env.PORT ?? 3000, () => {
  console.log(`listening on http://localhost:${httpServer.address().port}`);
});
