/** The events that a typed server may send to many clients, and the types of their acknowledgements. */
import type { BroadcastOperator, RemoteSocket } from "socket.io";
import type { ChatServer, ChatSocket, ServerEvents, User } from "./events";
import { typeOf } from "./exact";

declare const io: ChatServer;
declare const socket: ChatSocket;
const chat = io.of("/chat");

// events without an acknowledgement are sent to all clients
typeOf(io.emit("news", "title", [1])).is<boolean>();
typeOf(chat.emit("nothing")).is<boolean>();
typeOf(io.send("text")).is<ChatServer>();
typeOf(io.write("text")).is<ChatServer>();
typeOf(chat.send("text")).is<typeof chat>();
// @ts-expect-error pages are numbers
io.emit("news", "title", ["1"]);
// @ts-expect-error no such event
io.emit("gossip");
// @ts-expect-error an acknowledgement needs a timeout
io.emit("ping", 1, () => {});
// @ts-expect-error an acknowledgement needs a timeout
chat.emit("save", () => {});

// all methods that choose receivers return an operator
io.to("room").in(["room", "another"]).except("away").local.volatile.compress(true).emit("nothing");
io.in("room").emit("news", "title", []);
io.except(["room"]).emit("news", "title", []);
io.local.emit("nothing");
io.volatile.emit("nothing");
io.compress(false).emit("nothing");
chat.to("room").except("away").emit("nothing");
socket.to("room").emit("nothing");
socket.in("room").emit("nothing");
socket.except("room").emit("nothing");
socket.broadcast.emit("nothing");
socket.local.emit("nothing");
typeOf(io.to("room")).is<ReturnType<typeof io.in>>();
typeOf(io.to("room").except("away")).is<ReturnType<typeof io.to>>();
typeOf(io.local).is<ReturnType<typeof chat.to>>();
typeOf(socket.broadcast).is<ReturnType<typeof chat.to>>();
// @ts-expect-error no such event
io.to("room").emit("gossip");
// @ts-expect-error a room has a name
io.to(1);

// all acknowledgements arrive together
io.to("room").emit("ping", 1, (received) => typeOf(received).is<number[]>());
io.timeout(1000).emit("ping", 1, (error, received) => {
  typeOf(error).is<Error>();
  typeOf(received).is<number[]>();
});
io.timeout(1000).emit("save", (error) => typeOf(error).is<Error>());
io.timeout(1000)
  .to("room")
  .emit("ping", 1, (error, received) => {
    typeOf(error).is<Error>();
    typeOf(received).is<number[]>();
  });
io.to("room")
  .timeout(1000)
  .emit("ping", 1, (error, received) => {
    typeOf(error).is<Error>();
    typeOf(received).is<number[]>();
  });
chat.timeout(1000).emit("check", "ada", (error, valid) => {
  typeOf(error).is<Error>();
  typeOf(valid).is<boolean[]>();
});
socket.broadcast.timeout(1000).emit("ping", 1, (error, received) => {
  typeOf(error).is<Error>();
  typeOf(received).is<number[]>();
});
// @ts-expect-error the first argument is the error
io.timeout(1000).emit("ping", 1, (received: number[]) => typeOf(received).is<number[]>());

// as a promise, with a timeout only
typeOf(io.timeout(1000).emitWithAck("ping", 1)).is<Promise<number[]>>();
typeOf(io.timeout(1000).to("room").emitWithAck("ping", 1)).is<Promise<number[]>>();
typeOf(io.to("room").timeout(1000).emitWithAck("ping", 1)).is<Promise<number[]>>();
typeOf(chat.timeout(1000).emitWithAck("check", "ada")).is<Promise<boolean[]>>();
typeOf(socket.to("room").timeout(1000).emitWithAck("ping", 1)).is<Promise<number[]>>();
// @ts-expect-error the timeout is missing
io.to("room").emitWithAck("ping", 1);
// @ts-expect-error the event has no acknowledgement
io.timeout(1000).emitWithAck("nothing");

// sockets on any server
async function everywhere(): Promise<void> {
  const sockets = await io.fetchSockets();
  typeOf(sockets).is<RemoteSocket<ServerEvents, User>[]>();
  typeOf(await chat.fetchSockets()).is<RemoteSocket<ServerEvents, User>[]>();
  for (const remote of sockets) {
    typeOf(remote.id).is<string>();
    typeOf(remote.data).is<User>();
    typeOf(remote.rooms).is<Set<string>>();
    typeOf(remote.handshake.address).is<string>();
    typeOf(remote.emit("news", "title", [])).is<boolean>();
    typeOf(remote.timeout(1000).emitWithAck("check", "ada")).is<Promise<boolean>>();
    typeOf(remote.disconnect()).is<RemoteSocket<ServerEvents, User>>();
    remote.join("room");
    remote.join(["room", "another"]);
    remote.leave("room");
    remote.disconnect(true);
    // @ts-expect-error no such event
    remote.emit("gossip");
    // @ts-expect-error no such property
    remote.data.age;
  }
  typeOf(await io.in("room").fetchSockets()).is<Fetched<typeof io.in>>();
  typeOf(await io.allSockets()).is<Set<string>>();
  typeOf(await chat.in("room").allSockets()).is<Set<string>>();
  typeOf((await socket.to("room").fetchSockets())[0]?.data).is<User | undefined>();
  io.socketsJoin("room");
  io.in("room").socketsJoin(["room", "another"]);
  chat.socketsLeave("room");
  chat.except("room").socketsLeave(["room"]);
  io.disconnectSockets();
  io.in("room").disconnectSockets(true);
  io.local.disconnectSockets(true);
}

type Fetched<Target extends (room: string) => { fetchSockets(): Promise<unknown> }> = Awaited<
  ReturnType<ReturnType<Target>["fetchSockets"]>
>;

// the type of an operator can be named
export function tell(receivers: BroadcastOperator<ServerEvents, User>): void {
  receivers.emit("news", "title", []);
  void everywhere();
}
