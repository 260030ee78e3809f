const { createHmac, timingSafeEqual } = require("node:crypto");
const { createServer } = require("node:http");
const { Server } = require("socket.io");

const secret = process.env.TOKEN_SECRET ?? "change me";

const httpServer = createServer(); // behind a reverse proxy that ends TLS
const io = new Server(httpServer, {
  limits: "public",
  allowedOrigins: "https://example.com",
  trustProxy: 1, // the reverse proxy appends the address of the client to X-Forwarded-For
  connectionStateRecovery: { skipMiddlewares: false }, // clients that come back present their token again
  onHandlerError: (error, { phase, event }) => console.error(phase, event, error),
});

// the page gets its token when the user signs in, and sends it with io(url, { auth: (callback) => callback({ token }) })
io.use((socket, next) => {
  const claims = verify(socket.handshake.auth.token);
  if (!claims) {
    return next(new Error("please sign in"));
  }
  socket.data.claims = claims;
  next();
});

io.on("connection", (socket) => {
  const { user, mayWrite, expires } = socket.data.claims;
  const timer = setTimeout(() => socket.disconnect(), expires - Date.now());
  socket.on("disconnect", () => clearTimeout(timer));

  socket.on("say", (text, reply) => {
    if (typeof text !== "string" || text.length > 1_000 || typeof reply !== "function") {
      return; // a client can send anything
    }
    if (!mayWrite) {
      return reply("not allowed");
    }
    io.emit("said", user, text);
    reply("ok");
  });
});

/** Returns the claims in a token "<claims>.<signature>", or undefined if it is forged or has expired. */
function verify(token) {
  const [claims, signature = ""] = typeof token === "string" ? token.split(".") : [""];
  const given = Buffer.from(signature, "base64url");
  const expected = createHmac("sha256", secret).update(claims).digest();
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    return undefined;
  }
  const { user, mayWrite, expires } = JSON.parse(Buffer.from(claims, "base64url").toString());
  return expires > Date.now() ? { user, mayWrite, expires } : undefined;
}

httpServer.listen(process.env.PORT ?? 3000, () => {
  console.log(`listening on http://localhost:${httpServer.address().port}`);
});
