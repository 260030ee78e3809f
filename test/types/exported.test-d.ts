/** The names that a program may import, and the interfaces that it may extend. */
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
import { type Namespace, Server, type Socket } from "socket.io";

import socketIo = require("socket.io");

import { typeOf } from "./exact";

typeOf(library.Server).is<typeof Server>();
typeOf(library.Namespace).is<typeof Namespace>();
typeOf(library.Socket).is<typeof Socket>();
typeOf(socketIo.Server).is<typeof Server>();
new socketIo.Server(3000);
export type Names = [
  BroadcastOperator<DefaultEventsMap, unknown>,
  DisconnectReason,
  Event,
  ExtendedError,
  RemoteSocket<DefaultEventsMap, unknown>,
  ServerOptions,
  library.BroadcastOperator<DefaultEventsMap, unknown>,
  socketIo.RemoteSocket<DefaultEventsMap, unknown>,
  socketIo.DisconnectReason,
];

const anyEvent: DefaultEventsMap = { whatever: (..._args: any[]) => {} };
const failure: ExtendedError = Object.assign(new Error("refused"), { data: anyEvent });
typeOf(failure.data).is<any>();
const received: Event = ["hello", 1, "two"];
typeOf(received[0]).is<string>();
// @ts-expect-error no such reason
export const reason: DisconnectReason = "boredom";

// applications add members
declare module "socket.io" {
  interface Socket {
    user: { name: string };
  }
  interface Server {
    startedAt: Date;
  }
  interface Namespace {
    topic: string;
  }
}
const io = new Server();
typeOf(io.startedAt).is<Date>();
typeOf(io.of("/chat").topic).is<string>();
io.on("connection", (socket) => {
  typeOf(socket.user).is<{ name: string }>();
  typeOf(socket.nsp.topic).is<string>();
  const same: Socket = socket;
  same.user = { name: "ada" };
  // @ts-expect-error this member was not added
  socket.owner;
});
const chat: Namespace = io.of("/chat");
chat.topic = "weather";
