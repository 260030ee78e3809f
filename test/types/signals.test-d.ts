/** Signals, and answers one by one: the types of the acknowledgements. */
import { on, once } from "node:events";
import { type AckIterator, type RemoteSocket, Server } from "socket.io";
import type { ChatServer, ChatSocket, ServerEvents, User } from "./events";
import { typeOf } from "./exact";

declare const io: ChatServer;
declare const socket: ChatSocket;
declare const remote: RemoteSocket<ServerEvents, User>;
declare const signal: AbortSignal;
const chat = io.of("/chat");
const untyped = new Server();

// one client: the error comes first, as with a timeout
socket.withSignal(signal).emit("ping", 1, (error, received) => {
  typeOf(error).is<Error>();
  typeOf(received).is<number>();
});
socket
  .withSignal(signal)
  .timeout(1000)
  .emit("save", (error) => typeOf(error).is<Error>());
socket.withSignal(signal).emit("check", "ada", (error, valid) => {
  typeOf(error).is<Error>();
  typeOf(valid).is<boolean>();
});
typeOf(socket.withSignal(signal).emitWithAck("ping", 1)).is<Promise<number>>();
typeOf(socket.timeout(1000).withSignal(signal).emitWithAck("check", "ada")).is<Promise<boolean>>();
typeOf(socket.volatile.withSignal(signal).emitWithAck("save")).is<Promise<undefined>>();
typeOf(remote.withSignal(signal).emitWithAck("ping", 1)).is<Promise<number>>();
typeOf(remote.timeout(1000).withSignal(signal).emitWithAck("check", "ada")).is<Promise<boolean>>();
// @ts-expect-error the first argument is the error
socket.withSignal(signal).emit("ping", 1, (received: number) => typeOf(received).is<number>());
// @ts-expect-error not a signal
socket.withSignal(1000);

// many clients
typeOf(io.withSignal(signal).emitWithAck("ping", 1)).is<Promise<number[]>>();
typeOf(io.withSignal(signal).timeout(1000).emitWithAck("ping", 1)).is<Promise<number[]>>();
typeOf(io.timeout(1000).withSignal(signal).emitWithAck("check", "ada")).is<Promise<boolean[]>>();
typeOf(chat.to("room").withSignal(signal).emitWithAck("ping", 1)).is<Promise<number[]>>();
typeOf(socket.to("room").withSignal(signal).emitWithAck("ping", 1)).is<Promise<number[]>>();
typeOf(untyped.withSignal(signal).emitWithAck("anything", 1)).is<Promise<any>>();
io.to("room")
  .withSignal(signal)
  .emit("ping", 1, (error, received) => {
    typeOf(error).is<Error>();
    typeOf(received).is<number[]>();
  });
typeOf(io.withSignal(signal).emit("nothing")).is<boolean>();
// @ts-expect-error no such event
io.withSignal(signal).emit("gossip");
// @ts-expect-error not a signal
io.withSignal(new AbortController());

// other servers
typeOf(io.withSignal(signal).serverSideEmitWithAck("count")).is<Promise<number[]>>();
typeOf(chat.withSignal(signal).serverSideEmitWithAck("load", "cpu")).is<Promise<number[]>>();
typeOf(untyped.withSignal(signal).serverSideEmitWithAck("anything", 1)).is<Promise<any[]>>();
typeOf(io.withSignal(signal).serverSideEmit("moved", "a", "b")).is<boolean>();
io.withSignal(signal).serverSideEmit("count", (error, totals) => {
  typeOf(error).is<Error>();
  typeOf(totals).is<number[]>();
});
// @ts-expect-error the event has no acknowledgement
io.withSignal(signal).serverSideEmitWithAck("moved", "a", "b");
typeOf(io.timeout(1000).serverSideEmitWithAck("count")).is<Promise<number[]>>();
typeOf(chat.timeout(1000).withSignal(signal).serverSideEmitWithAck("load", "cpu")).is<Promise<number[]>>();
typeOf(io.withSignal(signal).timeout(1000).serverSideEmitWithAck("count")).is<Promise<number[]>>();
typeOf(untyped.timeout(1000).serverSideEmitWithAck("anything", 1)).is<Promise<any[]>>();
io.timeout(1000).serverSideEmit("count", (error, totals) => {
  typeOf(error).is<Error>();
  typeOf(totals).is<number[]>();
});
// @ts-expect-error the other servers are not in rooms
io.to("room").serverSideEmit("count", () => {});
// @ts-expect-error the other servers are not in rooms
untyped.to("room").serverSideEmitWithAck("anything");
// @ts-expect-error a socket has no other servers
socket.timeout(1000).serverSideEmit("count", () => {});

// one by one
async function oneByOne(): Promise<void> {
  for await (const received of io.timeout(1000).emitWithAckIterator("ping", 1)) {
    typeOf(received).is<number>();
  }
  for await (const received of io.emitWithAckIterator("ping", 1)) {
    typeOf(received).is<number>();
  }
  for await (const valid of chat.emitWithAckIterator("check", "ada")) {
    typeOf(valid).is<boolean>();
  }
  for await (const valid of chat.to("room").timeout(1000).emitWithAckIterator("check", "ada")) {
    typeOf(valid).is<boolean>();
  }
  for await (const received of socket.broadcast.withSignal(signal).emitWithAckIterator("ping", 1)) {
    typeOf(received).is<number>();
  }
  for await (const answer of untyped.timeout(1000).emitWithAckIterator("anything", 1)) {
    typeOf(answer).is<any>();
  }
  const saved: AckIterator<undefined> = io.withSignal(signal).emitWithAckIterator("save");
  typeOf((await saved.next()).value).is<undefined>();
  typeOf((await saved.return()).value).is<undefined>();
  // @ts-expect-error the timeout is missing
  io.to("room").emitWithAckIterator("ping", 1);
  // @ts-expect-error the event has no acknowledgement
  io.timeout(1000).emitWithAckIterator("nothing");
  // @ts-expect-error the number is missing
  io.emitWithAckIterator("ping");

  for (const fetched of await io.in("room").withSignal(signal).fetchSockets()) {
    typeOf(fetched.data).is<User>();
  }
}

// the functions of node:events
async function events(): Promise<void> {
  for await (const [text, answer] of on(socket, "ask", { signal })) {
    answer(text);
  }
  const [member] = await once(io, "connection", { signal });
  member.emit("nothing");
}
export const programs = [oneByOne, events];
