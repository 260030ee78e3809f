/** A server that answers "hello", and clients that send it over each transport. */
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

/** Makes a server answer "hello". */
export function answerHello(io: Greeting): void {
  io.on("connection", (socket) => {
    socket.on("hello", (name: string, reply: (answer: string) => void) => {
      reply(`Hello, ${name}, over ${socket.conn.transport.name}!`);
    });
  });
}

/** Creates a client that is closed with the test. */
export function client(url: string, options: Options = {}): Socket {
  const socket = connect(url, { forceNew: true, reconnection: false, ...options });
  onTestEnd(() => socket.disconnect());
  return socket;
}

/** Resolves with the answer of the server; rejects if the server refuses the client. */
export function greet(socket: Socket): Promise<string> {
  const refused = nextEvent<[Error]>(socket, "connect_error").then(([error]) => Promise.reject(error));
  return Promise.race([socket.emitWithAck("hello", "Ada"), refused]);
}

/** Sends "hello" over long-polling, over a WebSocket, and with an upgrade from long-polling to WebSocket. */
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

/** Resolves with the URL of a server that listens on a free port of loopback. */
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
