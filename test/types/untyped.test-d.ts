/** A server without event types accepts all events, and can be combined with typed servers. */
import type { BroadcastOperator, DefaultEventsMap, Namespace, RemoteSocket } from "socket.io";
import { Server, Socket } from "socket.io";
import type { ChatServer, ChatSocket, ClientEvents, ServerEvents, User } from "./events";
import { typeOf } from "./exact";

const io = new Server();

typeOf(io).is<Server<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, any>>();
io.on("connection", (socket) => {
  typeOf(socket).is<Socket<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, any>>();
  typeOf(socket).is<Socket>();
  typeOf(socket.data).is<any>();
  socket.on("anything", (first, second, ...rest) => {
    typeOf(first).is<any>();
    typeOf(second).is<any>();
    typeOf(rest).is<any[]>();
  });
  socket.on("typed by hand", (name: string, answer: (ok: boolean) => void) => answer(name === "ada"));
  socket.on("async", async () => {});
  socket.on("disconnect", (reason) => console.log(reason.length));
  socket.emit("anything", 1, "two", { three: 3 }, () => {});
  socket.timeout(5).emit("anything", (error: Error, answer: string) => console.log(error, answer));
  typeOf(socket.emitWithAck("anything", 1, "two")).is<Promise<any>>();
  typeOf(socket.timeout(5).emitWithAck("anything", 1)).is<Promise<any>>();
  socket.send(1, "two");
  socket.broadcast.emit("anything", 1);
  socket.data.whatever = 1;
});
// a server listens to events of other servers with any name
io.on("anything", (first) => typeOf(first).is<any>());
io.emit("anything", 1, "two");
io.send("anything", 1);
io.to("room").emit("anything", 1);
io.to("room").emit("anything", 1, (error: Error, answers: string[]) => console.log(error, answers));
io.timeout(5).emit("anything", 1, (error: Error, answers: string[]) => console.log(error, answers));
typeOf(io.timeout(5).emitWithAck("anything", 1)).is<Promise<any>>();
typeOf(io.serverSideEmit("anything", 1)).is<boolean>();
typeOf(io.serverSideEmitWithAck("anything", 1)).is<Promise<any[]>>();
typeOf(io.fetchSockets()).is<Promise<RemoteSocket<DefaultEventsMap, any>[]>>();
typeOf(io.of("/")).is<Namespace<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, any>>();
typeOf(io.to("room")).is<BroadcastOperator<DefaultEventsMap, any>>();

// one map applies to both directions
const symmetric = new Server<ClientEvents>();
symmetric.emit("hello", "ada", 1);
symmetric.on("connection", (socket) => {
  typeOf(socket).is<Socket<ClientEvents, ClientEvents, DefaultEventsMap, any>>();
  socket.emit("hello", "ada", 1);
  // @ts-expect-error no such event
  socket.emit("news");
});

// "any" instead of a map allows all events in that direction
const open = new Server<any, any>();
open.on("connection", (socket) => {
  typeOf(socket).is<Socket<any, any, DefaultEventsMap, any>>();
  socket.on("anything", (...args: any[]) => console.log(args));
  socket.on("anything", (name: string) => console.log(name));
  socket.emit("anything", 1, () => {});
  typeOf(socket.emitWithAck("anything", 1)).is<Promise<any>>();
  socket.timeout(5).emit("anything", 1);
  typeOf(socket.timeout(5).emitWithAck("anything", 1)).is<Promise<any>>();
});
open.emit("anything", 1);
open.to("room").emit("anything", 1);
open.timeout(5).emit("anything", 1);
typeOf(open.timeout(5).emitWithAck("anything", 1)).is<Promise<any>>();

const wideOpen = new Server<any, any, any, any>();
wideOpen.on("connection", (socket) => typeOf(socket).is<Socket<any, any, any, any>>());
wideOpen.on("anything", (first: string) => console.log(first));
wideOpen.serverSideEmit("anything", 1, () => {});
typeOf(wideOpen.serverSideEmitWithAck("anything", 1)).is<Promise<any[]>>();

// only one direction is typed
const listening = new Server<ClientEvents, DefaultEventsMap, DefaultEventsMap, User>();
listening.on("connection", (socket) => {
  socket.on("hello", (name) => typeOf(name).is<string>());
  socket.emit("anything", 1);
  typeOf(socket.data).is<User>();
});

// typed objects are accepted where "any" is expected
declare const chat: ChatServer;
declare const member: ChatSocket;
export const servers: Server<any, any, any, any>[] = [chat, io, open];
export const sockets: Socket<any, any, any, any>[] = [member];
export const open2: ChatServer = wideOpen;
function greet(socket: Socket<any, any>): void {
  socket.emit("anything");
}
greet(member);
function tellAll(operator: BroadcastOperator<any, any>): void {
  operator.emit("anything");
}
tellAll(chat.to("room"));
// the classes can be extended
class Chat extends Server<ClientEvents, ServerEvents> {
  readonly topic: string;
  constructor(topic: string) {
    super({ serveClient: false });
    this.topic = topic;
    this.on("connection", (socket) => socket.emit("message", this.topic));
  }
}
new Chat("weather").close();
console.log(io instanceof Server, member instanceof Socket);
