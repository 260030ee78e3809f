/** Mistakes, one per line; test/package/contract-types.ts reads the compiler's message, which has to contain the comment. */
import { Server, type ServerOf } from "socket.io";
import { type ClientSocket, contract } from "socket.io/contract";
import { io as connect } from "socket.io-client";
import { chat, game } from "./chat.js";

const io: ServerOf<typeof chat, { user: string }> = new Server({ contract: chat });
const client: ClientSocket<typeof chat> = connect();
const games = io.of("/games", { contract: game });
io.on("connection", (socket) => {
  socket.on("massage", () => {}); // '"massage"' is not assignable to parameter of type '"
  socket.emit("massage", { text: "hi", at: new Date() }); // '"massage"'
  socket.emit("message", { text: 1, at: new Date() }); // 'number' is not assignable to type 'string'
  socket.emit("message", { txt: "hi", at: new Date() }); // 'txt'
  socket.emit("message", "hi"); // 'string' is not assignable
  socket.emit("message"); // Expected 2 arguments
  socket.emitWithAck("message", { text: "hi", at: new Date() }); // '"message"' is not assignable to parameter of type '"whoami"'
  socket.handle("message", ({ rom }) => ({ id: rom })); // 'rom' does not exist
  socket.handle("message", () => ({ id: 1 })); // 'number' is not assignable to type 'string'
  socket.on("message", (_content, ack) => ack({ id: 1 })); // 'number' is not assignable to type 'string'
  socket.data.usr = "alice"; // 'usr' does not exist
  socket.data.user = 1; // 'number' is not assignable to type 'string'
});
io.emit("massage", 1); // '"massage"'
io.to("a").emit("message", { text: 1, at: new Date() }); // 'number' is not assignable to type 'string'
io.serverSideEmit("reload", "1", () => {}); // 'string' is not assignable to parameter of type 'number'
client.emit("massage"); // '"massage"'
client.emit("typing", "yes"); // 'string' is not assignable to parameter of type 'boolean'
client.emit("message", { room: 1, text: "hi" }, () => {}); // 'number' is not assignable to type 'string'
client.on("whoami", (_n, ack) => ack(1)); // 'number' is not assignable to parameter of type 'string'
games.emit("message", 1); // assignable to parameter of type 'never'
game.error("ROOM_FUL"); // '"ROOM_FUL"' is not assignable to parameter of type '"
game.error("ROOM_FULL", { max: "3" }); // 'string' is not assignable to type 'number'
contract({ clientToServers: {} }); // 'clientToServers'
contract({ clientToServer: { a: { arg: [] } } }); // 'arg'
contract({ clientToServer: { a: { ack: "string" } } }); // 'string' is not assignable to type 'StandardSchemaV1
new Server({ contract: {} }); // '{}'
