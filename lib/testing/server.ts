/** A server for tests of applications, with clients in the same process and without a port. */
import { type Agent, createServer, type IncomingHttpHeaders, request as openRequest } from "node:http";
import type { Socket as ClientSocket, ManagerOptions, SocketOptions } from "socket.io-client";
import type { TServerInstance } from "../attach/http";
import { codedError, describeValue } from "../errors";
import { Server, type ServerOptions, type Socket } from "../index";
import { asyncDispose } from "../server/dispose";
import { quoted } from "../texts";
import type { DefaultEventsMap, EventsMap, Untyped } from "../typed-events";
import { recordRestOfTurn } from "./event-record";
import { isClosedServer, MemoryAgent, observeClose } from "./memory-agent";
import { connectionError } from "./memory-socket";
import { quietTurns } from "./network";

const URL_OF_SERVER = "http://localhost";
const LOCAL_ADDRESS = "127.0.0.1";

/**
 * The options of a client of a test server: all options of `socket.io-client`, and these.
 *
 * @since 4.9.0
 */
export interface TestClientOptions extends Partial<ManagerOptions & SocketOptions> {
  /**
   * The transports of the client, as in `socket.io-client`, but with another default: a WebSocket alone needs fewer steps
   * than long-polling with an upgrade. Default: `["websocket"]`.
   */
  transports?: NonNullable<ManagerOptions["transports"]>;
  /** The headers of the client's requests. */
  headers?: { readonly [name: string]: string };
  /** The cookies of the client's requests, by name, as they are written in the header `Cookie`. */
  cookies?: { readonly [name: string]: string };
  /** The IP address that the server finds for the client. Default: `"127.0.0.1"`. */
  address?: string;
}

/**
 * A request to the HTTP server of a test server.
 *
 * @since 4.9.0
 */
export interface TestRequestOptions {
  /** Default: `"GET"`. */
  method?: string;
  /** The headers. Default: none. */
  headers?: { readonly [name: string]: string };
  /** The body. Default: none. */
  body?: string | Uint8Array;
  /** The IP address that the server finds for the request. Default: `"127.0.0.1"`. */
  address?: string;
}

/**
 * The response to a {@link TestServer.request | request}.
 *
 * @since 4.9.0
 */
export interface TestResponse {
  /** The status code. */
  status: number;
  /** The headers, with names in lower case. */
  headers: IncomingHttpHeaders;
  /** The body. */
  text: string;
}

/**
 * A server with clients in the same process, created by {@link createTestServer}.
 *
 * @since 4.9.0
 */
export interface TestServer<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  SocketData = Untyped,
> {
  /** The server. */
  readonly io: Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  /** The HTTP server that `io` is attached to. It need not listen. */
  readonly httpServer: TServerInstance;
  /** A URL for clients and requests that use {@link agent}: `"http://localhost"`. */
  readonly url: string;
  /**
   * The agent of `node:http` that opens connections in memory, for other clients: `http.get(url, { agent })`,
   * `new WebSocket(url, { agent })` of ws, or another version of `socket.io-client`.
   */
  readonly agent: Agent;
  /**
   * Creates a client, and resolves with it when it has joined the namespace. Each client has a connection of its own; for
   * another namespace over the same connection, use `client.io.socket("/other")`.
   *
   * @throws the error of the event `connect_error` if the client is refused
   * @throws a `WAIT_TIMEOUT` error if the client has not joined the namespace when its option `timeout` has elapsed
   * (default: 20,000 ms; `false`: no limit). While a clock is installed, the limit is one of its time.
   * @throws an error with the code `ECONNREFUSED` if the server is closed, `ECONNABORTED` if {@link close} is called
   * meanwhile, or `ECONNRESET` if the connection is closed meanwhile, and the client does not reconnect
   * @throws a `CLIENT_NOT_INSTALLED` error if `socket.io-client` is not installed
   * @example
   * const client = await connect("/chat", { auth: { token: "secret" } });
   */
  connect<ClientListen extends EventsMap = EmitEvents, ClientEmit extends EventsMap = ListenEvents>(
    namespace?: string,
    options?: TestClientOptions,
  ): Promise<ClientSocket<ClientListen, ClientEmit>>;
  /**
   * Creates a client without waiting for its connection, to observe `connect_error`, or to connect it later with
   * `autoConnect: false`.
   *
   * @throws a `CLIENT_NOT_INSTALLED` error if `socket.io-client` is not installed
   */
  createClient<ClientListen extends EventsMap = EmitEvents, ClientEmit extends EventsMap = ListenEvents>(
    namespace?: string,
    options?: TestClientOptions,
  ): ClientSocket<ClientListen, ClientEmit>;
  /**
   * Returns the socket of the server for a connected client.
   *
   * @throws an `UNKNOWN_CLIENT` error if the client is not connected to this server
   * @example
   * socketOf(client).join("lobby");
   */
  socketOf(client: {
    readonly id?: string | undefined;
  }): Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  /**
   * Loses everything that a client and the server send to each other over their present connections, as if a cable had been
   * pulled: neither side notices until a heartbeat is missing, or until something else times out. The client can open new
   * connections.
   *
   * @throws an `UNKNOWN_CLIENT` error if the client was not created by this test server
   * @example
   * cut(client);
   * await clock.advance(45_000); // pingInterval + pingTimeout
   */
  cut(client: { readonly io: object }): void;
  /**
   * Resets the connections of a client: both sides notice it at once (`ECONNRESET`), and the client reconnects.
   *
   * @throws an `UNKNOWN_CLIENT` error if the client was not created by this test server
   */
  reset(client: { readonly io: object }): void;
  /**
   * Sends a request to the HTTP server, for example to log in before a client connects.
   *
   * @example
   * const { headers } = await request("/login", { method: "POST", body: "name=Ada" });
   */
  request(path: string, options?: TestRequestOptions): Promise<TestResponse>;
  /** Disconnects all clients, rejects the pending calls of {@link connect}, closes the server, and drops all connections. */
  close(): Promise<void>;
  /** Calls {@link close} at the end of a block with `await using server = createTestServer()`. */
  [asyncDispose](): Promise<void>;
}

/**
 * Creates a server for tests, or connects clients to an existing one. Clients and server exchange the bytes of the real
 * protocol in memory: no port is opened, and the HTTP server need not listen. Clients are those of `socket.io-client`.
 *
 * @since 4.9.0
 * @param options the options of a new server, or an existing server, for example that of the application. If it is not
 * attached yet, it is attached to a new HTTP server.
 * @throws an `INVALID_OPTION` error if the argument is neither a server nor an object with options
 * @throws a `TEST_SERVER_HTTP2` error if the server is attached to an HTTP server for HTTP/2 only
 * @example
 * import { createTestServer, waitFor } from "socket.io/testing";
 *
 * const { io, connect, close } = createTestServer();
 * io.on("connection", (socket) => socket.on("hello", (name, reply) => reply(`Hello, ${name}!`)));
 *
 * const client = await connect();
 * console.log(await client.emitWithAck("hello", "Ada"));
 * await close();
 */
export function createTestServer<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  SocketData = Untyped,
>(
  options?: Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData> | Partial<ServerOptions>,
): TestServer<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
  if (options !== undefined && !isServer(options) && (typeof options !== "object" || options === null)) {
    const expected = "a server of socket.io or an object with options";
    throw codedError("INVALID_OPTION", "options", expected, describeValue(options));
  }
  const io = isServer(options)
    ? options
    : new Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>(options ?? {});
  if (!io.httpServer) {
    io.attach(createServer());
  }
  return new MemoryServer(io).members();
}

function isServer<Given extends Server<Untyped, Untyped, Untyped, Untyped>>(
  value: Given | Partial<ServerOptions> | undefined,
): value is Given {
  return typeof (value as Partial<Given> | undefined)?.of === "function";
}

/** Loads the client, which is an optional peer dependency, when the first client is created. */
function loadClient(): typeof import("socket.io-client") {
  try {
    return require("socket.io-client") as typeof import("socket.io-client");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "MODULE_NOT_FOUND") {
      throw codedError("CLIENT_NOT_INSTALLED");
    }
    throw error;
  }
}

/** Whether the server speaks HTTP/2 only; those for HTTP/1 have a time limit for requests. */
function isHttp2Only(httpServer: TServerInstance): boolean {
  return !("requestTimeout" in httpServer);
}

class MemoryServer<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
> {
  private readonly httpServer: TServerInstance;
  private readonly agent: MemoryAgent;
  private readonly agents: MemoryAgent[] = [];
  private readonly agentsByManager = new WeakMap<object, MemoryAgent>();
  private readonly clients: ClientSocket[] = [];
  /** The functions that reject the pending calls of `connect()`, with the namespaces. */
  private readonly pending = new Map<(error: Error) => void, string>();
  private isClosed = false;

  constructor(private readonly io: Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) {
    this.httpServer = io.httpServer;
    if (isHttp2Only(this.httpServer)) {
      throw codedError("TEST_SERVER_HTTP2");
    }
    observeClose(this.httpServer);
    this.agent = this.createAgent();
  }

  /** Returns the public members as functions that can be taken from the object. */
  members(): TestServer<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    return {
      io: this.io,
      httpServer: this.httpServer,
      url: URL_OF_SERVER,
      agent: this.agent,
      connect: async (namespace, options) => (await this.connect(namespace, options)) as Untyped,
      createClient: (namespace, options) => this.createClient(namespace, options) as Untyped,
      socketOf: (client) => this.socketOf(client),
      cut: (client) => {
        for (const connection of this.agentOf(client, "cut").connections) {
          connection.cut();
        }
      },
      reset: (client) => {
        for (const connection of this.agentOf(client, "reset").connections) {
          connection.reset();
        }
      },
      request: (path, options) => this.request(path, options),
      close: () => this.close(),
      [asyncDispose]: () => this.close(),
    };
  }

  private createAgent(address = LOCAL_ADDRESS): MemoryAgent {
    const agent = new MemoryAgent(this.httpServer, address);
    agent.isClosed = this.isClosed;
    this.agents.push(agent);
    return agent;
  }

  private createClient(namespace = "/", options: TestClientOptions = {}): ClientSocket {
    const { headers, cookies, address, extraHeaders, ...others } = options;
    const agent = this.createAgent(address);
    const clientOptions: Partial<ManagerOptions & SocketOptions> = {
      path: this.io.path(),
      transports: ["websocket"],
      ...others,
      extraHeaders: { ...extraHeaders, ...headers, ...cookieHeader(cookies) },
      forceNew: true,
      // the types of the client are those of browsers, which have no agents
      agent: agent as unknown as string,
    };
    const url = URL_OF_SERVER + (namespace.startsWith("/") ? namespace : `/${namespace}`);
    const client = loadClient().io(url, clientOptions);
    this.clients.push(client);
    this.agentsByManager.set(client.io, agent);
    return client;
  }

  private connect(namespace = "/", options: TestClientOptions = {}): Promise<ClientSocket> {
    if (this.isRefusing) {
      throw connectionError("connect", "ECONNREFUSED", "the server is closed");
    }
    const client = this.createClient(namespace, options);
    const limit = client.io.timeout();
    return new Promise((resolve, reject) => {
      const onConnect = () => {
        removeListeners();
        recordRestOfTurn(client as Untyped, "connect");
        resolve(client);
      };
      const onError = (error: Error) => {
        removeListeners();
        end(client);
        reject(error);
      };
      const onClose = async (reason: string) => {
        if (client.io.reconnection()) {
          // the server may be closing
          await quietTurns();
        }
        if (this.pending.has(onError) && (!client.io.reconnection() || this.isRefusing)) {
          onError(connectionError("connect", "ECONNRESET", closedBefore(namespace, reason)));
        }
      };
      const timer =
        typeof limit === "number" ? setTimeout(() => onError(notJoined(namespace, limit)), limit) : undefined;
      const removeListeners = () => {
        clearTimeout(timer);
        this.pending.delete(onError);
        client.off("connect", onConnect);
        client.off("connect_error", onError);
        client.io.off("close", onClose);
      };
      this.pending.set(onError, namespace);
      client.on("connect", onConnect);
      client.on("connect_error", onError);
      client.io.on("close", onClose);
      client.connect();
    });
  }

  /** Whether new connections are refused, since this test server or its HTTP server is closed. */
  private get isRefusing(): boolean {
    return this.isClosed || isClosedServer(this.httpServer);
  }

  private socketOf({
    id,
  }: {
    readonly id?: string | undefined;
  }): Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    for (const namespace of id === undefined ? [] : this.io._nsps.values()) {
      const socket = namespace.sockets.get(id as string);
      if (socket) {
        return socket;
      }
    }
    throw codedError("UNKNOWN_CLIENT", "socketOf");
  }

  private agentOf(client: { readonly io: object }, caller: string): MemoryAgent {
    const agent = this.agentsByManager.get(client.io);
    if (!agent) {
      throw codedError("UNKNOWN_CLIENT", caller);
    }
    return agent;
  }

  private request(path: string, options: TestRequestOptions = {}): Promise<TestResponse> {
    const { method = "GET", headers = {}, body, address } = options;
    const agent = address === undefined ? this.agent : this.createAgent(address);
    return new Promise((resolve, reject) => {
      const request = openRequest(URL_OF_SERVER + path, { method, headers: { ...headers }, agent });
      request.once("error", reject);
      request.once("response", (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.once("error", reject);
        response.once("end", () => {
          const text = Buffer.concat(chunks).toString();
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
        });
      });
      request.end(body);
    });
  }

  private async close(): Promise<void> {
    this.isClosed = true;
    for (const [fail, namespace] of [...this.pending]) {
      fail(
        connectionError(
          "connect",
          "ECONNABORTED",
          `close() was called before the client joined the namespace ${quoted(namespace)}`,
        ),
      );
    }
    for (const client of this.clients) {
      end(client);
    }
    const closed = this.io.close();
    for (const agent of this.agents) {
      agent.close();
    }
    await closed;
  }
}

function notJoined(namespace: string, limit: number): Error {
  return codedError("WAIT_TIMEOUT", `The client did not join the namespace ${quoted(namespace)}`, limit, "");
}

function closedBefore(namespace: string, reason: string): string {
  return `the connection was closed before the client joined the namespace ${quoted(namespace)} (${reason})`;
}

/** Disconnects a client, and all other sockets of its connection, without another attempt. */
function end(client: ClientSocket): void {
  client.io.reconnection(false);
  client.disconnect();
  client.io.engine?.close();
}

function cookieHeader(cookies: TestClientOptions["cookies"]): { cookie?: string } {
  const pairs = Object.entries(cookies ?? {});
  return pairs.length > 0 ? { cookie: pairs.map(([name, value]) => `${name}=${value}`).join("; ") } : {};
}
