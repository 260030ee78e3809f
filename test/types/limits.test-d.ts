/** The limits of a server: not in the reference server. */
import { type LimitOptions, Server, type ServerOptions } from "socket.io";
import { typeOf } from "./exact";

new Server({ limits: "public" });
new Server({ limits: { preset: "public", connections: 20_000, eventsPerSecond: 500 } });
new Server({ limits: { connectPacketBytes: 100_000, closeTimeoutMs: 5_000 } });
declare const { limits }: ServerOptions;
typeOf(limits).is<LimitOptions | "public">();

// @ts-expect-error no such preset
new Server({ limits: "private" });
// @ts-expect-error no such preset
new Server({ limits: { preset: "private" } });
// @ts-expect-error a number of milliseconds
new Server({ limits: { closeTimeoutMs: "5s" } });
