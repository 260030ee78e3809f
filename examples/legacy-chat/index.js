// a chat with the API of Socket.IO 0.x, as its programs were written in 2010
var http = require("node:http"),
  fs = require("node:fs"),
  path = require("node:path"),
  io = require("socket.io/legacy");

var server = http.createServer(function (req, res) {
  var file = req.url.split("?")[0];
  if (file === "/" || file === "/chat.html") {
    res.writeHead(200, { "Content-Type": "text/html; charset=utf-8" });
    fs.createReadStream(path.join(__dirname, "chat.html")).pipe(res);
  } else {
    res.writeHead(404);
    res.end("404");
  }
});

server.listen(process.env.PORT || 3000, function () {
  console.log("listening on http://localhost:" + server.address().port);
});

var buffer = [],
  json = JSON.stringify;

io.listen(server, {
  onClientConnect: function (client) {
    client.send(json({ buffer: buffer }));
    client.broadcast(json({ announcement: client.sessionId + " connected" }));
  },

  onClientDisconnect: function (client) {
    client.broadcast(json({ announcement: client.sessionId + " disconnected" }));
  },

  onClientMessage: function (message, client) {
    var entry = { message: [client.sessionId, message] };
    buffer.push(entry);
    if (buffer.length > 15) {
      buffer.shift();
    }
    client.broadcast(json(entry));
  },
});
