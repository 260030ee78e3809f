/** The entry point socket.io/legacy: the server API of Socket.IO 0.x. */
export { Client } from "./server/client";
export type { HttpServer, ListenerEvents } from "./server/listener";
export { Listener, listen } from "./server/listener";
export type { ListenerOptions, ListenerSettings } from "./server/options";
export type { LegacyTransport } from "./transports";
