/** A server and a client with a contract: what is right compiles, and what is wrong does not. */
import { createServer } from "node:http";
import { type NamespaceOf, Server, type ServerOf, type Socket, type SocketOf } from "socket.io";
import type {
  AuthOf,
  ClientEmitEvents,
  ClientListenEvents,
  ClientSocket,
  ClientSocketMembers,
  Contract,
  ContractDefinition,
  InputOf,
  OutputOf,
  Result,
} from "socket.io/contract";
import { type AsyncApiDocument, asyncapi } from "socket.io/contract/asyncapi";
import { type Socket as ClientOfPackage, io as connect } from "socket.io-client";
import { typeOf } from "../exact.js";
import { chat, game } from "./chat.js";

const io = new Server(createServer(), { contract: chat, pingInterval: 1_000 });

io.on("connection", (socket) => {
  socket.on("message", (content, ack) => {
    typeOf(content).is<{ room: string; text: string; urgent: boolean }>();
    typeOf(ack).is<(answer: { id: string }) => void>();
    ack({ id: "1" });
    // @ts-expect-error the id is a string
    ack({ id: 1 });
  });
  socket.on("page", (name, page) => {
    typeOf(name).is<string>();
    typeOf(page).is<number | undefined>();
  });
  socket.handle("list", async (filter, max) => {
    typeOf(filter).is<string | undefined>();
    typeOf(max).is<number | undefined>();
    return [];
  });
  socket.on("leave", () => {});
  socket.on("disconnect", (reason) => reason.length);
  // @ts-expect-error no such event
  socket.on("massage", () => {});
  // @ts-expect-error two arguments
  socket.on("typing", (_isTyping, _ack) => {});

  socket.handle("message", async ({ room, text, urgent }) => ({ id: room + text + urgent }));
  socket.handle("message", () => ({ id: "1" }));
  socket.handle("typing", async (isTyping) => {
    typeOf(isTyping).is<boolean>();
  });
  // @ts-expect-error the answer has no id
  socket.handle("message", async () => ({ ID: "1" }));
  // @ts-expect-error the event has no acknowledgement
  socket.handle("typing", async () => "typed");

  socket.emit("message", { text: "hi", at: new Date() });
  // @ts-expect-error what the schema accepts, not what it returns
  socket.emit("message", { text: "hi", at: "now" });
  socket.broadcast.emit("message", { text: "hi", at: new Date() });
  // @ts-expect-error the text is missing
  socket.to("room").emit("message", { at: new Date() });
  typeOf(socket.emitWithAck("whoami", 1)).is<Promise<number>>();
  typeOf(socket.timeout(1).emitWithAck("whoami", 1)).is<Promise<number>>();
  socket.timeout(1).emit("whoami", 1, (error, length) => {
    typeOf(error).is<Error>();
    typeOf(length).is<number>();
  });
  const auth = socket.handshake.auth as AuthOf<typeof chat>;
  typeOf(auth.token).is<string>();
  onConnection(socket);
});

// without a contract, any event
io.of("/tools", { contract: null }).emit("anything", 1);
io.of("/tools", { contract: null }).on("connection", (socket) => socket.on("anything", (_value) => {}));
// @ts-expect-error no such event
io.of("/tools", {}).emit("anything", 1);

io.emit("message", { text: "hi", at: new Date() });
io.to("room").volatile.emit("message", { text: "hi", at: new Date() });
typeOf(io.timeout(1).emitWithAck("whoami", 1)).is<Promise<number[]>>();
const { signal } = new AbortController();
typeOf(io.withSignal(signal).emitWithAck("whoami", 1)).is<Promise<number[]>>();
typeOf(io.withSignal(signal).serverSideEmitWithAck("reload", 1)).is<Promise<boolean[]>>();
for await (const length of io.timeout(1).emitWithAckIterator("whoami", 1)) {
  typeOf(length).is<number>();
}
// @ts-expect-error the event has no acknowledgement
io.timeout(1).emitWithAckIterator("message", { text: "hi", at: new Date() });
for (const remote of await io.fetchSockets()) {
  remote.emit("message", { text: "hi", at: new Date() });
  // @ts-expect-error no such event
  remote.emit("typing", true);
}
typeOf(io.serverSideEmitWithAck("reload", 1)).is<Promise<boolean[]>>();
io.on("reload", (seconds, ack) => ack(seconds > 1));
// @ts-expect-error a number of seconds
io.serverSideEmit("reload", "1", () => {});

const lobby = io.of("/lobby");
lobby.emit("message", { text: "hi", at: new Date() });
const games = io.of("/games", { contract: game, unknownEvents: "allow" });
games.on("connection", (socket) => {
  socket.on("join", (room, ack) => {
    typeOf(room).is<string>();
    ack({ value: { members: 1 } });
    ack({ error: game.error("ROOM_FULL", { max: 3 }) });
    // @ts-expect-error without a value or an error
    ack({ members: 1 });
  });
  socket.handle("join", async (room) => {
    if (room === "full") {
      throw game.error("ROOM_FULL", { max: 3 });
    }
    return { members: room.length };
  });
  // @ts-expect-error a number of members
  socket.handle("join", async () => ({ members: "three" }));
});
game.error("CLOSED");
// @ts-expect-error the data are missing
game.error("ROOM_FULL");
// @ts-expect-error no such code
game.error("ROOM_FUL", { max: 3 });

const typed: ServerOf<typeof chat, { user: string }> = new Server({ contract: chat });
typed.on("connection", (socket) => {
  typeOf(socket.data.user).is<string>();
});
const named: NamespaceOf<typeof game> = games;
named.emit satisfies unknown;
function onConnection(socket: SocketOf<typeof chat>): void {
  socket.emit("message", { text: "hi", at: new Date() });
}

// without a contract, everything is as before
typeOf(new Server()).is<Server>();
typeOf(new Server({ path: "/a" })).is<Server>();
typeOf(new Server(3000, { path: "/a" })).is<Server>();
new Server({ path: "/a" }).on("connection", (socket) => {
  typeOf(socket).is<Socket>();
  socket.handle("any", (...args) => args[0].anything);
});
new Server<{ ask: (text: string, ack: (answer: number) => void) => void }>().on("connection", (socket) => {
  socket.handle("ask", async (text) => text.length);
  // @ts-expect-error a number
  socket.handle("ask", async (text) => text);
});
// @ts-expect-error not made by contract()
new Server({ contract: { clientToServer: {} } });

// the client
const socket: ClientSocket<typeof chat> = connect("https://example.com", { auth: { token: "t" } });
typeOf(socket.emitWithAck("list")).is<Promise<string[]>>();
socket.timeout(1).emitWithAck("list", "a");
typeOf(socket.emitWithAck("list", undefined, 3)).is<Promise<string[]>>();
socket.emit("list", (names) => {
  typeOf(names).is<string[]>();
});
socket.timeout(1).emit("list", "a", (error, names) => {
  typeOf(error).is<Error>();
  typeOf(names).is<string[]>();
});
// @ts-expect-error a text first
socket.emitWithAck("list", 3);
socket.emit("message", { room: "a", text: "hi" }, (answer) => {
  typeOf(answer).is<{ id: string }>();
});
typeOf(socket.emitWithAck("message", { room: "a", text: "hi", urgent: true })).is<Promise<{ id: string }>>();
socket.emit("page", "a");
socket.emit("page", "a", "7");
socket.emit("leave");
socket.on("message", ({ text, at }) => {
  typeOf(text).is<string>();
  typeOf(at).is<Date>();
});
socket.on("whoami", (_number, ack) => ack("alice"));
// @ts-expect-error an event of the server
socket.emit("whoami", 1);
// @ts-expect-error the text is missing
socket.emit("message", { room: "a" }, () => {});

const player: ClientSocket<typeof game> = connect("/games");
const { value, error } = await player.emitWithAck("join", "a");
if (error?.code === "ROOM_FULL") {
  typeOf(error.data.max).is<number>();
} else if (error?.code === "INVALID_PAYLOAD") {
  typeOf(error.issues[0]?.message).is<string | undefined>();
}
typeOf(value?.members).is<number | undefined>();
typeOf(socket).is<
  ClientOfPackage<
    ClientListenEvents<(typeof chat)["definition"]>,
    ClientEmitEvents<(typeof chat)["definition"]>
  >
>();
type NoEvents = Record<never, never>;
// without socket.io-client, the members are the same
declare const members: keyof ClientSocketMembers<NoEvents, NoEvents>;
typeOf(members).is<keyof ClientOfPackage>();
// of any contract
function listen<Given extends Contract<ContractDefinition>>(given: ClientSocket<Given>): void {
  given.on("connect", () => given.connected satisfies boolean);
}
listen<typeof chat>(socket);
const answer: Result<{ members: number }> = { value: { members: 1 } };
typeOf(answer.value).is<{ members: number }>();

type Message = (typeof chat)["definition"]["clientToServer"]["message"]["args"][0];
declare const sent: InputOf<Message>;
declare const received: OutputOf<Message>;
typeOf(sent.urgent).is<boolean | undefined>();
typeOf(received.urgent).is<boolean>();

// documents
const info = { title: "Chat", version: "1.0.0" };
typeOf(asyncapi(chat, info)).is<AsyncApiDocument>();
asyncapi({ "/": chat, "/games": game }, info, { onMissing: "any", toJsonSchema: () => undefined });
// @ts-expect-error without a version
asyncapi(chat, { title: "Chat" });
// @ts-expect-error a definition
asyncapi({ "/": { clientToServer: {} } }, info);
// @ts-expect-error no such value
asyncapi(chat, info, { onMissing: "ignore" });
