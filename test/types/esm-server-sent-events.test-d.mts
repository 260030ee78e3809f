/** The client class of server-sent events, in the options of socket.io-client, and the name of the transport on the server. */
import { Server } from "socket.io";
import { ServerSentEvents, type ServerSentEventsOptions } from "socket.io/server-sent-events";
import { io, Manager, WebSocket } from "socket.io-client";

io({ transports: [ServerSentEvents] });
io("https://example.com", { transports: [ServerSentEvents, WebSocket], tryAllTransports: true });
new Manager("https://example.com", { transports: [ServerSentEvents] });

const options: ServerSentEventsOptions = { openTimeout: 1000 };
io({ transports: [ServerSentEvents], transportOptions: { sse: { ...options, extraHeaders: { a: "b" } } } });

new Server({ transports: ["sse"] });
new Server({ transports: ["polling", "websocket", "webtransport", "sse"] });
// @ts-expect-error a name that does not exist
new Server({ transports: ["server-sent-events"] });
// @ts-expect-error not a duration
export const wrong: ServerSentEventsOptions = { openTimeout: "1s" };
