/** The arguments that the handlers of a typed server receive. */
import type { IncomingMessage } from "node:http";
import type { ParsedUrlQuery } from "node:querystring";
import type { DisconnectReason, Event, ExtendedError, Namespace } from "socket.io";
import type { ChatServer, ChatSocket, ClientEvents, ClusterEvents, ServerEvents, User } from "./events";
import { typeOf } from "./exact";

declare const io: ChatServer;

// the four type parameters of Server apply to the sockets and the namespaces
typeOf(io.sockets).is<Namespace<ClientEvents, ServerEvents, ClusterEvents, User>>();
typeOf(io.of("/chat")).is<Namespace<ClientEvents, ServerEvents, ClusterEvents, User>>();
typeOf(io.of("/chat").sockets).is<Map<string, ChatSocket>>();
io.on("connection", (socket) => typeOf(socket).is<ChatSocket>());
io.once("connect", (socket) => typeOf(socket).is<ChatSocket>());
io.of("/chat").on("connection", (socket) => typeOf(socket).is<ChatSocket>());
io.of("/chat").on("connect", (socket) => typeOf(socket).is<ChatSocket>());
io.on("new_namespace", (namespace) =>
  typeOf(namespace).is<Namespace<ClientEvents, ServerEvents, ClusterEvents, User>>(),
);

// a namespace is found by name, pattern or function, with an optional connection handler
io.of("/chat", (socket) => typeOf(socket).is<ChatSocket>());
io.of(/^\/chat-\d+$/).on("connection", (socket) => typeOf(socket).is<ChatSocket>());
io.of((name, auth, next) => {
  typeOf(name).is<string>();
  typeOf(auth).is<{ [key: string]: any }>();
  next(null, auth.token === "secret");
});
// @ts-expect-error a namespace is not a number
io.of(1);

// events between servers
io.on("moved", (from, to) => {
  typeOf(from).is<string>();
  typeOf(to).is<string>();
});
io.of("/chat").on("count", (answer) => answer(3));
// @ts-expect-error the number is missing
io.on("count", (answer) => answer());
// @ts-expect-error no such event between servers
io.on("hello", () => {});

// middleware
io.use((socket, next) => {
  typeOf(socket).is<ChatSocket>();
  typeOf(next).is<(err?: ExtendedError) => void>();
  const refused: ExtendedError = new Error("not authorized");
  refused.data = { retryAfter: 5 };
  next(refused);
  next(new Error("not authorized"));
  next();
  // @ts-expect-error an error is an Error
  next("not authorized");
});
io.of("/chat").use((socket, next) => {
  typeOf(socket).is<ChatSocket>();
  next();
});
io.use(async (_socket, next) => next());

io.on("connection", (socket) => {
  // events of the client
  socket.on("hello", (name, times) => {
    typeOf(name).is<string>();
    typeOf(times).is<number>();
  });
  socket.once("hello", (name) => typeOf(name).is<string>());
  socket.on("hello", async () => {});
  socket.on("ask", (question, answer) => {
    typeOf(question).is<string>();
    answer("yes", true);
    // @ts-expect-error the event has two values
    answer("yes");
    // @ts-expect-error the value is a string
    answer(1, true);
  });
  typeOf(socket.listeners("hello")).is<((name: string, times: number) => void)[]>();
  // @ts-expect-error the client does not send this event
  socket.on("bye", () => {});
  // @ts-expect-error the server sends this event, not the client
  socket.on("news", () => {});
  // @ts-expect-error a name is not a number
  socket.on("hello", (name: number) => typeOf(name).is<number>());

  // events of the socket itself
  socket.on("disconnect", (reason, description) => {
    typeOf(reason).is<DisconnectReason>();
    typeOf(description).is<any>();
  });
  socket.on("disconnecting", (reason) => typeOf(reason).is<DisconnectReason>());
  socket.on("error", (error) => typeOf(error).is<Error>());
  // @ts-expect-error a reason is a string
  socket.on("disconnect", (reason: number) => typeOf(reason).is<number>());

  // catch-all listeners
  const spy = (event: string, ...args: unknown[]) => console.log(event, args);
  socket.onAny(spy).prependAny(spy).offAny(spy).offAny();
  socket.onAnyOutgoing(spy).prependAnyOutgoing(spy).offAnyOutgoing(spy).offAnyOutgoing();
  typeOf(socket.listenersAny()).is<((...args: any[]) => void)[]>();
  typeOf(socket.listenersAnyOutgoing()).is<((...args: any[]) => void)[]>();
  socket.use((event, next) => {
    typeOf(event).is<Event>();
    typeOf(event).is<[string, ...any[]]>();
    next(new Error("too many"));
    next();
  });

  // the members of a socket
  typeOf(socket.id).is<string>();
  typeOf(socket.data).is<User>();
  typeOf(socket.rooms).is<Set<string>>();
  typeOf(socket.connected).is<boolean>();
  typeOf(socket.disconnected).is<boolean>();
  typeOf(socket.recovered).is<boolean>();
  typeOf(socket.request).is<IncomingMessage>();
  typeOf(socket.conn.remoteAddress).is<string>();
  typeOf(socket.nsp.name).is<string>();
  typeOf(socket.handshake.address).is<string>();
  typeOf(socket.handshake.auth).is<{ [key: string]: any }>();
  typeOf(socket.handshake.headers.origin).is<string | undefined>();
  typeOf(socket.handshake.issued).is<number>();
  typeOf(socket.handshake.query).is<ParsedUrlQuery>();
  typeOf(socket.handshake.secure).is<boolean>();
  typeOf(socket.handshake.time).is<string>();
  typeOf(socket.handshake.url).is<string>();
  typeOf(socket.handshake.xdomain).is<boolean>();
  socket.data.visits += 1;
  socket.data = { name: "ada", visits: 1 };
  // @ts-expect-error no such property
  socket.data.age = 1;
  // @ts-expect-error an id is read-only
  socket.id = "other";

  // rooms
  typeOf(socket.join("room")).is<Promise<void> | void>();
  socket.join(["room", "another"]);
  typeOf(socket.leave("room")).is<Promise<void> | void>();
  typeOf(socket.disconnect()).is<ChatSocket>();
  socket.disconnect(true);
});

// the reasons
export const reasons: Record<DisconnectReason, true> = {
  "transport error": true,
  "transport close": true,
  "forced close": true,
  "ping timeout": true,
  "parse error": true,
  "server shutting down": true,
  "forced server close": true,
  "client namespace disconnect": true,
  "server namespace disconnect": true,
};
