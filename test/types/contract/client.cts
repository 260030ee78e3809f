/** The type of a client's socket in a CommonJS module: that of the CommonJS types of socket.io-client. */
import type { ClientEmitEvents, ClientListenEvents, ClientSocket } from "socket.io/contract";
import { io, type Socket } from "socket.io-client";
import { typeOf } from "../exact.js";
import type { chat } from "./chat.js";

const socket: ClientSocket<typeof chat> = io("https://example.com");
typeOf(socket).is<
  Socket<ClientListenEvents<(typeof chat)["definition"]>, ClientEmitEvents<(typeof chat)["definition"]>>
>();
socket.emit("typing", true);
// @ts-expect-error a boolean
socket.emit("typing", "yes");
