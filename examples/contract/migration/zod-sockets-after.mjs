// What a server with zod-sockets looks like with a contract.
import { createServer } from "node:http";
import { Server } from "socket.io";
import { contract } from "socket.io/contract";
import * as z from "zod";

export const chat = contract({
  clientToServer: {
    // actionsFactory.build({ event: "ping", input: z.tuple([z.string()]), output: z.tuple([z.string()]), … })
    ping: { args: [z.string()], ack: z.string() },
    // without output
    chat: { args: [z.string(), z.object({ from: z.string() })] },
  },
  serverToClient: {
    // chat: { schema: z.tuple([z.string(), z.object({ from: z.string() })]) }
    chat: { args: [z.string(), z.object({ from: z.string() })] },
    // name: { schema: z.tuple([]), ack: z.tuple([z.string()]) }
    name: { ack: z.string() },
  },
});

const httpServer = createServer();
// attachSockets({ io, target: httpServer, config, actions })
const io = new Server(httpServer, {
  contract: chat,
  onHandlerError: (error) => console.error(error), // zod-sockets logs errors by itself
});

io.on("connection", (socket) => {
  // handler: async ({ input: [text] }) => [`pong ${text}`]
  socket.handle("ping", async (text) => `pong ${text}`);
  // handler: async ({ input: [text, { from }], client }) => client.broadcast("chat", text, { from })
  socket.on("chat", (text, { from }) => socket.broadcast.emit("chat", text, { from }));
});

httpServer.listen(process.env.PORT ?? 3000, () => {
  const { port } = /** @type {import("node:net").AddressInfo} */ (httpServer.address());
  console.log(`listening on http://localhost:${port}`);
});
