/** A server that answers a greeting, and clients that greet it over each transport. */
import expect from "expect.js";
import { io as connect, type ManagerOptions, type Socket, type SocketOptions } from "socket.io-client";
import { onTestEnd } from "../../support/cleanup";
import { nextEvent } from "../../support/waiting";

type Options = Partial<ManagerOptions & SocketOptions>;

interface Greeting {
  on(event: "connection", listener: (socket: Greeted) => void): unknown;
}

interface Greeted {
  on(event: string, listener: (...args: any[]) => void): unknown;
  conn: { transport: { name: string } };
}

/** Has a server answer "hello". */
export function answerHello(io: Greeting): void {
  io.on("connection", (socket) => {
    socket.on("hello", (name: string, reply: (answer: string) => void) => {
      reply(`Hello, ${name}, over ${socket.conn.transport.name}!`);
    });
  });
}

/** A client that is closed with the test. */
export function client(url: string, options: Options = {}): Socket {
  const socket = connect(url, { forceNew: true, reconnection: false, ...options });
  onTestEnd(() => socket.disconnect());
  return socket;
}

/** What the server answers; rejects if it does not let the client in. */
export function greet(socket: Socket): Promise<string> {
  const refused = nextEvent<[Error]>(socket, "connect_error").then(([error]) => Promise.reject(error));
  return Promise.race([socket.emitWithAck("hello", "Ada"), refused]);
}

/** Greets over long-polling, over a WebSocket, and with an upgrade from the one to the other. */
export async function greetEachWay(url: string, options: Options = {}): Promise<void> {
  for (const transport of ["polling", "websocket"]) {
    expect(await greet(client(url, { ...options, transports: [transport] }))).to.be(
      `Hello, Ada, over ${transport}!`,
    );
  }
  const upgrading = client(url, options);
  await nextEvent(upgrading, "connect");
  if (upgrading.io.engine.transport.name !== "websocket") {
    await nextEvent(upgrading.io.engine as any, "upgrade");
  }
  expect(await greet(upgrading)).to.be("Hello, Ada, over websocket!");
}

/** Where a server listens: a free port of loopback. */
export async function listen(server: {
  listen(port: number, host: string): unknown;
  address(): unknown;
  once(event: string, listener: () => void): unknown;
}): Promise<number> {
  const ready = new Promise<void>((resolve) => server.once("listening", resolve));
  server.listen(0, "127.0.0.1");
  await ready;
  return (server.address() as { port: number }).port;
}
