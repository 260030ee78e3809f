/** A server that can be stopped, and started again on the same port. */
import { createServer, type RequestListener } from "node:http";
import type { Socket } from "node:net";
import { Server, type ServerOptions } from "socket.io";
import { onTestEnd } from "../../support/cleanup";
import { listen } from "./hello";

export interface Served {
  io: Server;
  /** `http://127.0.0.1:<port>` */
  url: string;
  /** Closes the server as a shutdown does. */
  stop(): Promise<void>;
  /** Destroys all connections, then closes the server: clients receive no notice. */
  crash(): Promise<void>;
  /** Starts the same server again, on the same port. */
  start(): Promise<void>;
}

const notFound: RequestListener = (_req, res) => {
  res.writeHead(404);
  res.end();
};

/** Starts a server that is closed with the test; `handler` receives other requests. */
export async function serve(
  options: Partial<ServerOptions> = {},
  handler: RequestListener = notFound,
): Promise<Served> {
  const connections = new Set<Socket>();
  const create = () =>
    createServer(handler).on("connection", (connection: Socket) => {
      connections.add(connection);
      connection.once("close", () => connections.delete(connection));
    });
  const watchEngine = () => {
    // otherwise the server waits 30 seconds for a polling client that has disconnected
    io.engine.on("connection", ({ transport }) => {
      transport.closeTimeout = 100;
    });
  };
  let httpServer = create();
  const io = new Server(httpServer, options);
  watchEngine();
  const port = await listen(httpServer);
  const cut = () =>
    Promise.all(
      [...connections].map((connection) => {
        const closed = new Promise((resolve) => connection.once("close", resolve));
        connection.destroy();
        return closed;
      }),
    );
  onTestEnd(async () => {
    const closed = io.close();
    await new Promise(setImmediate);
    // some clients leave their side of a connection open
    await cut();
    await closed;
  });
  return {
    io,
    url: `http://127.0.0.1:${port}`,
    async stop() {
      let isClosed = false;
      const closed = io.close().then(() => {
        isClosed = true;
      });
      while (!isClosed) {
        // a browser opens connections in advance, for which the server would wait
        for (const connection of connections) {
          if (connection.bytesRead === 0) {
            connection.destroy();
          }
        }
        await new Promise(setImmediate);
      }
      await closed;
    },
    async crash() {
      await cut();
      await io.close();
    },
    async start() {
      httpServer = create();
      io.attach(httpServer);
      watchEngine();
      const ready = new Promise<void>((resolve) => httpServer.once("listening", resolve));
      httpServer.listen(port, "127.0.0.1");
      await ready;
    },
  };
}
