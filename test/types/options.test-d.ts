/** The options of a server, and its members. */

import { createServer, Server as HttpServer } from "node:http";
import { createServer as createHttp2Server, createSecureServer } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import type { Server as Engine } from "engine.io";
import type { Namespace, ServerOptions } from "socket.io";
import { Server } from "socket.io";
import { Adapter, type ClusterAdapterWithHeartbeat, SessionAwareAdapter } from "socket.io-adapter";
import { typeOf } from "./exact";

// each kind of server, a port, options, nothing
new Server(createServer());
new Server(createHttpsServer());
new Server(createHttp2Server());
new Server(createSecureServer(), { path: "/io" });
new Server(3000, { serveClient: false });
new Server(undefined, {});
new Server({ path: "/io" });
new Server();
declare const eitherOne: HttpServer | number | Partial<ServerOptions> | undefined;
new Server(eitherOne, { path: "/io" });
class ServerWithPath extends HttpServer {
  path = "/somewhere";
}
new Server(new ServerWithPath(), { path: "/io" });
class Extended extends Server {
  constructor(...args: ConstructorParameters<typeof Server>) {
    super(...args);
  }
}
new Extended(createServer(), { path: "/io" });
// @ts-expect-error an Express application is not a server
new Server((_request: unknown, _response: unknown) => {});
// @ts-expect-error no such transport
new Server({ transports: ["pigeon"] });
// @ts-expect-error a path is a string
new Server({ path: 1 });
// @ts-expect-error no such option
new Server({ paht: "/io" });

export const everything: Partial<ServerOptions> = {
  path: "/io",
  addTrailingSlash: false,
  serveClient: false,
  connectTimeout: 10_000,
  connectionStateRecovery: { maxDisconnectionDuration: 60_000, skipMiddlewares: false },
  cleanupEmptyChildNamespaces: true,
  parser: { Encoder: class {}, Decoder: class {} },
  pingInterval: 10_000,
  pingTimeout: 5000,
  upgradeTimeout: 5000,
  maxHttpBufferSize: 1e8,
  transports: ["polling", "websocket", "webtransport"],
  allowUpgrades: true,
  allowEIO3: true,
  allowRequest: (request, decide) => decide(request.url ? null : "no URL", true),
  perMessageDeflate: { threshold: 2048, sharedCompression: false },
  httpCompression: { threshold: 2048 },
  cors: { origin: ["https://example.com", /\.example\.com$/], credentials: true },
  cookie: { name: "io", httpOnly: true, sameSite: "lax" },
  destroyUpgrade: false,
  destroyUpgradeTimeout: 500,
  initialPacket: "hello",
  wsEngine: class {},
};
new Server({ cors: { origin: "*" }, cookie: true, perMessageDeflate: false, httpCompression: true });
new Server({ cors: (_request: unknown, decide: (error: null, options: object) => void) => decide(null, {}) });
new Server({ connectionStateRecovery: {} });

// adapters are those of npm's socket.io-adapter, their subclasses, and functions that create one
class Quiet extends Adapter {
  quiet = true;
}
class Remembering extends SessionAwareAdapter {}
new Server({ adapter: Adapter });
new Server({ adapter: Quiet });
new Server({ adapter: Remembering });
new Server({ adapter: (namespace: any) => new Quiet(namespace) });
new Server({ adapter: (namespace: Namespace) => new Remembering(namespace) });
new Server({ adapter: (namespace) => new Quiet(namespace) });
declare function createAdapter(options?: object): (namespace: any) => ClusterAdapterWithHeartbeat;
new Server({ adapter: createAdapter() });
// @ts-expect-error not an adapter
new Server({ adapter: "redis" });

const io = new Server();
io.adapter(Quiet);
io.adapter(createAdapter());
typeOf(io.adapter(createAdapter())).is<Server>();
io.of("/").adapter = new Quiet(io.of("/"));
new Server({ adapter: io.adapter() ?? Quiet });

// rooms can be read from the adapter
typeOf(io.of("/").adapter.rooms).is<Map<string, Set<string>>>();
typeOf(io.of("/").adapter.sids).is<Map<string, Set<string>>>();
io.of("/").adapter.on("join-room", (room: string, id: string) => console.log(room, id));
io.of("/").adapter.on("create-room", (room) => console.log(room));

// getters and setters
typeOf(io.path()).is<string>();
typeOf(io.path("/io")).is<Server>();
typeOf(io.serveClient()).is<boolean>();
typeOf(io.serveClient(false)).is<Server>();
typeOf(io.connectTimeout()).is<number>();
typeOf(io.connectTimeout(5000)).is<Server>();

// lifecycle
typeOf(io.listen(3000)).is<Server>();
typeOf(io.attach(createServer(), { path: "/io" })).is<Server>();
typeOf(io.close()).is<Promise<void>>();
io.close((error) => typeOf(error).is<Error | undefined>());
io.httpServer.close();

// the engine
const engine: Engine = io.engine;
typeOf(engine.clientsCount).is<number>();
typeOf(io.bind(engine)).is<Server>();
declare const engineOfAnotherPackage: any;
io.bind(engineOfAnotherPackage);
io.engine.use((_request: unknown, _response: unknown, next: () => void) => next());
io.engine.generateId = () => "id";
io.engine.opts.pingInterval = 5000;
io.engine.on("connection_error", (error) => console.log(error.req, error.code, error.message, error.context));
io.engine.on("initial_headers", (headers, request) => console.log(headers, request));
io.engine.on("headers", (headers: Record<string, string>) => {
  headers["x-server"] = "1";
});
io.on("connection", (socket) => {
  socket.conn.on("upgrade", () => typeOf(socket.conn.transport.name).is<string>());
  socket.conn.on("close", (reason) => console.log(reason));
  socket.conn.once("drain", () => {});
  typeOf(socket.conn.protocol).is<number>();
  socket.client.conn.close();
});
