const { createServer } = require("node:http");
const { Server } = require("socket.io");
const { verify } = require("./verify"); // or verify with a library, such as jose or jsonwebtoken

const secret = process.env.TOKEN_SECRET;
if (!secret) {
  throw new Error("Set TOKEN_SECRET: it signs the tokens.");
}

const httpServer = createServer();
const io = new Server(httpServer, {
  onHandlerError: (error) => console.error(error), // without it, a handler that throws ends the process
});

io.use(async (socket, next) => {
  let claims;
  try {
    // libraries throw for a wrong token, or return a promise that is rejected: "await" and "try" handle both
    claims = await verify(socket.handshake.auth.token, secret);
  } catch {
    return next(new Error("please sign in"));
  }
  socket.data.claims = claims;
  next();
});

io.on("connection", (socket) => {
  const { sub: user, exp } = socket.data.claims; // "exp" is a time in seconds
  const longest = 2 ** 31 - 1; // milliseconds; a longer timer would fire at once
  const timer = setTimeout(() => socket.disconnect(), Math.min(exp * 1000 - Date.now(), longest));
  socket.on("disconnect", () => clearTimeout(timer));

  socket.on("whoami", (reply) => reply(user));
});

httpServer.listen(process.env.PORT ?? 3000, () => {
  console.log(`listening on http://localhost:${httpServer.address().port}`);
});
