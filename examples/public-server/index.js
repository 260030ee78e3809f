const { createHmac, timingSafeEqual } = require("node:crypto");
const { subscribe } = require("node:diagnostics_channel");
const { createServer } = require("node:http");
const { Server } = require("socket.io");

const secret = process.env.TOKEN_SECRET;
if (!secret) {
  throw new Error("Set TOKEN_SECRET: it signs the tokens.");
}

const httpServer = createServer(); // behind a reverse proxy that ends TLS
const io = new Server(httpServer, {
  limits: { preset: "public", connections: 20_000 }, // choose the number for your memory
  allowedOrigins: "https://example.com",
  trustProxy: 1, // the reverse proxy appends the address of the client to X-Forwarded-For
  connectionStateRecovery: { skipMiddlewares: false }, // clients that come back present their token again
  onHandlerError: (error, { phase, event }) => console.error(phase, event, error),
});

subscribe("socket.io:guard", ({ code, address }) => console.warn("guard", code, address));

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
  const longest = 2 ** 31 - 1; // milliseconds; a longer timer would fire at once
  const timer = setTimeout(() => socket.disconnect(), Math.min(expires - Date.now(), longest));
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

// only the reverse proxy, on the same machine, can connect
httpServer.listen(process.env.PORT ?? 3000, "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${httpServer.address().port}`);
});
