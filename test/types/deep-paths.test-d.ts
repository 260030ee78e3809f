/** Type imports from files other than the entry point: older module resolution allows them, and applications use them. */
import type { BroadcastOperator, DisconnectReason, Namespace, RemoteSocket, Server, Socket } from "socket.io";
import type * as operators from "socket.io/dist/broadcast-operator";
import type * as clients from "socket.io/dist/client";
import type * as namespaces from "socket.io/dist/namespace";
import type * as parents from "socket.io/dist/parent-namespace";
import type * as sockets from "socket.io/dist/socket";
import type * as basics from "socket.io/dist/socket-types";
import type * as events from "socket.io/dist/typed-events";
import type { ClientEvents, ClusterEvents, ServerEvents, User } from "./events";
import { typeOf } from "./exact";

declare const io: Server<ClientEvents, ServerEvents, ClusterEvents, User>;
declare const socket: Socket<ClientEvents, ServerEvents, ClusterEvents, User>;

typeOf(io.sockets).is<namespaces.Namespace<ClientEvents, ServerEvents, ClusterEvents, User>>();
typeOf(socket).is<sockets.Socket<ClientEvents, ServerEvents, ClusterEvents, User>>();
export const client: clients.Client<ClientEvents, ServerEvents, ClusterEvents> = socket.client;
typeOf(socket.handshake).is<basics.Handshake>();
export const parent = (namespace: parents.ParentNamespace): Namespace => namespace;
export const operator = (
  it: operators.BroadcastOperator<ServerEvents, User>,
): BroadcastOperator<ServerEvents, User> => it;
export const remote = (it: operators.RemoteSocket<ServerEvents, User>): RemoteSocket<ServerEvents, User> =>
  it;
export const reason = (it: basics.DisconnectReason): DisconnectReason => it;
export const failure: namespaces.ExtendedError = new Error("refused");
export const received: sockets.Event = ["hello", 1];

// the types of event maps
declare function nameOf<T>(): T;
typeOf(nameOf<events.EventNames<ClientEvents>>()).is<"hello" | "ask">();
typeOf(nameOf<events.EventNamesWithAck<ServerEvents>>()).is<"ping" | "save" | "check">();
typeOf(nameOf<events.EventNamesWithoutAck<ServerEvents>>()).is<"message" | "nothing" | "news">();
typeOf(nameOf<events.EventNamesWithError<ServerEvents>>()).is<"check">();
typeOf(nameOf<keyof events.RemoveAcknowledgements<ServerEvents>>()).is<"message" | "nothing" | "news">();
typeOf(nameOf<events.EventParams<ClientEvents, "hello">>()).is<[name: string, times: number]>();
typeOf(nameOf<events.ReservedOrUserEventNames<{ disconnect: () => void }, ClientEvents>>()).is<
  "disconnect" | "hello" | "ask"
>();
typeOf(nameOf<events.ReservedOrUserListener<{ disconnect: () => void }, ClientEvents, "disconnect">>()).is<
  () => void
>();
typeOf(nameOf<events.Last<[1, 2, 3]>>()).is<3>();
typeOf(nameOf<events.Last<[]>>()).is<never>();
typeOf(nameOf<events.AllButLast<[1, 2, 3]>>()).is<[1, 2]>();
typeOf(nameOf<events.FirstNonErrorArg<(error: Error, value: number) => void>>()).is<number>();
typeOf(nameOf<events.FirstNonErrorArg<(value: string) => void>>()).is<string>();
typeOf(nameOf<events.FirstNonErrorTuple<[Error, number]>>()).is<number>();
typeOf(nameOf<events.MultiplyArray<[number, string]>>()).is<[number[], string[]]>();
typeOf(nameOf<events.DecorateAcknowledgements<ServerEvents>["ping"]>()).is<
  (sent: number, pong: (err: Error, received: number) => void) => void
>();
typeOf(nameOf<events.DecorateAcknowledgementsWithMultipleResponses<ServerEvents>["ping"]>()).is<
  (sent: number, pong: (received: number[]) => void) => void
>();
typeOf(nameOf<events.DecorateAcknowledgementsWithTimeoutAndMultipleResponses<ServerEvents>["ping"]>()).is<
  (sent: number, pong: (err: Error, received: number[]) => void) => void
>();
export const open: events.EventsMap = { whatever: 1 };
export const anything: events.DefaultEventsMap = { whatever: (..._args: any[]) => {} };
export const broadcaster: events.TypedEventBroadcaster<ServerEvents> = socket;
declare const emitter: events.StrictEventEmitter<ClientEvents, ServerEvents>;
emitter.on("hello", (name) => typeOf(name).is<string>());
emitter.emit("nothing");
// @ts-expect-error no such event
emitter.emit("gossip");
