/** The API of Socket.IO 0.x: not in the reference server. */
import { createServer, type IncomingMessage } from "node:http";
import type { Server } from "socket.io";
import { Client, type LegacyTransport, Listener, type ListenerOptions, listen } from "socket.io/legacy";
import { Socket, type SocketOptions, setPath, type Transport } from "socket.io/legacy/client";
import { typeOf } from "./exact";

const options: ListenerOptions = {
  resource: "chat",
  origins: ["example.com:*", "*:8080"],
  transports: ["websocket", "server-events", "xhr-polling"],
  timeout: 8000,
  log: false,
  io: { limits: { connections: 10 } },
  onClientConnect(client) {
    typeOf(this).is<Listener>();
    typeOf(client).is<Client>();
  },
  onClientMessage(message, client) {
    typeOf(message).is<string>();
    client.broadcast(message);
  },
};

const listener = listen(createServer(), options);
typeOf(listener).is<Listener>();
typeOf(new Listener(createServer())).is<Listener>();
typeOf(listener.clients).is<(Client | null)[]>();
typeOf(listener.io).is<Server>();
typeOf(listener.close()).is<Promise<void>>();
typeOf(listener.options.transports).is<LegacyTransport[]>();
listener.broadcast("all", ["id"]).broadcast({ not: "text" });

listener.addListener("clientMessage", (message, client) => {
  typeOf(message).is<string>();
  typeOf(client).is<Client>();
});
listener.on("connection", (client) => {
  typeOf(client.request).is<IncomingMessage>();
  client.on("message", (message) => typeOf(message).is<unknown>());
  client.send("hello").send("again");
  console.log(client instanceof Client);
});
listener.namespace.emit("message", "text");

const settings: SocketOptions = { port: 8080, transportOptions: { websocket: { extraHeaders: {} } } };
const socket = new Socket("localhost", settings).connect().send("text");
typeOf(socket).is<Socket>();
typeOf(socket.transport).is<Transport>();
typeOf(socket.sessionId).is<string | undefined>();
socket.addEvent("message", (message: string) => message.length).removeEvent("message", () => {});
new Socket({ rememberTransport: false }).disconnect();
setPath("/path/to/flash/");

// @ts-expect-error
listen(createServer(), { transports: ["carrier-pigeon"] });
// @ts-expect-error
new Socket("localhost", { transports: ["polling"] });
// @ts-expect-error
listener.clients = [];
