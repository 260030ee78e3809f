// A chat whose events are described once. SCHEMAS=valibot or SCHEMAS=arktype chooses the library of the schemas.
import { createServer } from "node:http";
import { Server } from "socket.io";
import { servePage } from "./pages.mjs";

const library = process.env.SCHEMAS ?? "zod";
/** @type {typeof import("./chat.zod.mjs")} */
const { chat } = await import(`./chat.${library}.mjs`);

const MAX_MEMBERS = 3;

const httpServer = createServer(servePage(library));
const io = new Server(httpServer, {
  contract: chat,
  onHandlerError: (error, { phase, event }) => console.error(phase, event, error),
});

io.use(async (socket, next) => {
  const { token, language } = /** @type {import("socket.io/contract").AuthOf<typeof chat>} */ (
    socket.handshake.auth
  );
  next(token === "secret" ? undefined : new Error(language === "en" ? "wrong token" : "falsches Kennwort"));
});

io.on("connection", (socket) => {
  socket.handle("join", async (room) => {
    const members = (await io.in(room).fetchSockets()).length;
    if (members >= MAX_MEMBERS) {
      throw chat.error("ROOM_FULL", { max: MAX_MEMBERS });
    }
    socket.data.name = await socket.timeout(10_000).emitWithAck("whoami");
    socket.join(room);
    return { members: members + 1 };
  });

  socket.handle("message", ({ room, text }) => {
    const id = crypto.randomUUID();
    socket.to(room).emit("message", { id, from: socket.data.name, text });
    return { id };
  });
});

io.on("reload", () => io.disconnectSockets(true));

httpServer.listen(process.env.PORT ?? 3000, () => {
  const { port } = /** @type {import("node:net").AddressInfo} */ (httpServer.address());
  console.log(`listening on http://localhost:${port}`);
});
