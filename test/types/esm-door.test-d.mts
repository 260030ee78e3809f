/** The same names through `import` in an ES module. */
import type {
  BroadcastOperator,
  DefaultEventsMap,
  DisconnectReason,
  Event,
  ExtendedError,
  RemoteSocket,
  ServerOptions,
} from "socket.io";
import * as library from "socket.io";
import { Namespace, Server, Socket } from "socket.io";
import type { ChatServer, ChatSocket, ServerEvents, User } from "./events.js";
import { typeOf } from "./exact.js";

export type Names = [DisconnectReason, Event, ExtendedError, ServerOptions, DefaultEventsMap];

const io = new Server<DefaultEventsMap>(3000, { cors: { origin: "*" } });
typeOf(io.of("/")).is<Namespace<DefaultEventsMap>>();
io.on("connection", (socket) => {
  typeOf(socket).is<Socket>();
  console.log(socket instanceof Socket, socket.nsp instanceof Namespace);
});
typeOf(library.Server).is<typeof Server>();

// the class is the same as in a CommonJS file
declare const chat: ChatServer;
chat.on("connection", (socket) => {
  typeOf(socket).is<ChatSocket>();
  const same: ChatSocket = socket;
  same.emit("nothing");
});
export const passes: Server<any, any, any, any> = chat;
export const operator: BroadcastOperator<any, User> = chat.to("room");
export const remotes: Promise<RemoteSocket<ServerEvents, User>[]> = chat.fetchSockets();

declare module "socket.io" {
  interface Socket {
    joinedAt: Date;
  }
}
io.on("connection", (socket) => typeOf(socket.joinedAt).is<Date>());
