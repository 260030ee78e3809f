/** The events that a typed server may send to one client, and the types of their acknowledgements. */

import type { ChatServer, ChatSocket } from "./events";
import { typeOf } from "./exact";

declare const io: ChatServer;
declare const socket: ChatSocket;

// events
typeOf(socket.emit("news", "title", [1, 2])).is<boolean>();
socket.emit("nothing");
// @ts-expect-error the pages are missing
socket.emit("news", "title");
// @ts-expect-error pages are numbers
socket.emit("news", "title", ["1"]);
// @ts-expect-error one argument too many
socket.emit("nothing", 1);
// @ts-expect-error no such event
socket.emit("gossip");
// @ts-expect-error the client sends this event, not the server
socket.emit("hello", "ada", 1);
typeOf(socket.send("text")).is<ChatSocket>();
typeOf(socket.write("text")).is<ChatSocket>();
// @ts-expect-error a message is a string
socket.send(1);
typeOf(socket.volatile).is<ChatSocket>();
typeOf(socket.compress(false)).is<ChatSocket>();
socket.volatile.compress(true).emit("nothing");

// acknowledgements
socket.emit("ping", 1, (received) => typeOf(received).is<number>());
socket.emit("save", () => {});
socket.emit("check", "ada", (error, valid) => {
  typeOf(error).is<Error>();
  typeOf(valid).is<boolean>();
});
// @ts-expect-error the acknowledgement is part of the event
socket.emit("ping", 1);
// @ts-expect-error the value is a number
socket.emit("ping", 1, (received: string) => typeOf(received).is<string>());

// with a timeout the error comes first
socket.timeout(1000).emit("ping", 1, (error, received) => {
  typeOf(error).is<Error>();
  typeOf(received).is<number>();
});
socket.timeout(1000).emit("save", (error) => typeOf(error).is<Error>());
socket.timeout(1000).emit("check", "ada", (error, valid) => {
  typeOf(error).is<Error>();
  typeOf(valid).is<boolean>();
});
socket.volatile.timeout(1000).emit("ping", 1, (error) => typeOf(error).is<Error>());
// @ts-expect-error the first argument is the error
socket.timeout(1000).emit("ping", 1, (received: number) => typeOf(received).is<number>());

// as a promise
typeOf(socket.emitWithAck("ping", 1)).is<Promise<number>>();
typeOf(socket.timeout(1000).emitWithAck("ping", 1)).is<Promise<number>>();
typeOf(socket.emitWithAck("check", "ada")).is<Promise<boolean>>();
typeOf(socket.timeout(1000).emitWithAck("check", "ada")).is<Promise<boolean>>();
typeOf(socket.emitWithAck("save")).is<Promise<undefined>>();
typeOf(socket.timeout(1000).emitWithAck("save")).is<Promise<undefined>>();
// @ts-expect-error the number is missing
socket.emitWithAck("ping");
// @ts-expect-error the event has no acknowledgement
socket.emitWithAck("news", "title", []);
// @ts-expect-error the event has no acknowledgement
socket.emitWithAck("nothing");

// to other servers
typeOf(io.serverSideEmit("moved", "a", "b")).is<boolean>();
io.serverSideEmit("count", (error, totals) => {
  typeOf(error).is<Error>();
  typeOf(totals).is<number[]>();
});
io.of("/chat").serverSideEmit("load", "cpu", (error, percents) => {
  typeOf(error).is<Error>();
  typeOf(percents).is<number[]>();
});
typeOf(io.serverSideEmitWithAck("count")).is<Promise<number[]>>();
typeOf(io.of("/chat").serverSideEmitWithAck("load", "cpu")).is<Promise<number[]>>();
// @ts-expect-error no such event between servers
io.serverSideEmit("news", "title", []);
// @ts-expect-error "to" is missing
io.serverSideEmit("moved", "a");
// @ts-expect-error the event has no acknowledgement
io.serverSideEmitWithAck("moved", "a", "b");
