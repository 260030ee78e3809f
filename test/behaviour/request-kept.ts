/** `socket.request`: one object for a connection, whoever has received it first. */
import { createServer, IncomingMessage, request } from "node:http";
import expect from "expect.js";
import { onTestEnd } from "../support/cleanup";
import { itOnFastPath } from "../support/fast-path";
import { joinMore, joinWire } from "../support/joined";
import { ownSuite } from "../support/own-tests";
import { runNode } from "../support/repository";
import { listen, type Running, startServer } from "../support/server";
import { Server, type SocketType } from "../support/subject";
import { nextEvent } from "../support/waiting";
import { openWire, type WireOptions } from "../support/wire";

const HEADERS = {
  Cookie: "session=abc; theme=dark",
  "User-Agent": "a browser",
  "X-Forwarded-For": "203.0.113.1",
  Authorization: "Bearer secret",
  "X-Empty": "",
  Origin: "https://example.com",
  "X-Twice": ["first", "second"],
  Accept: "x".repeat(300),
};

async function joinWith(
  running: Running,
  query = "EIO=4&token=a%20b&token=c",
  options: WireOptions = { headers: HEADERS as never },
): Promise<SocketType> {
  const connected = nextEvent(running.io, "connection");
  const wire = await openWire(running.url, query, options);
  await wire.join();
  const [socket] = await connected;
  return socket as SocketType;
}

/** The members of a request, without those that differ from connection to connection. */
function described(request: IncomingMessage): object {
  const different = ["socket", "client", "websocket", "_readableState"];
  // created when they are first read
  const names = [Object.keys(request.headers), Object.keys(request.headersDistinct)];
  const members = Reflect.ownKeys(request).map((name) => {
    const value = different.includes(String(name)) ? typeof (request as any)[name] : (request as any)[name];
    return [String(name), JSON.stringify(value)?.replace(/localhost:\d+|[\w+/]{22}==/g, "")];
  });
  return { names, members };
}

describe("the request of a connection", () => {
  it("is the same object each time, for all namespaces and for the connection [26]", async () => {
    const running = await startServer();
    running.io.of("/other");
    const { wire, socket } = await joinWire(running);
    const { socket: other } = await joinMore(running.io, wire, "/other");
    const { request } = socket;
    expect(request).to.be.an(IncomingMessage);
    for (const again of [socket.request, socket.conn.request, socket.client.request, other.request]) {
      expect(again).to.be(request);
    }
  });

  it("keeps the properties that middlewares and listeners add [26]", async () => {
    const running = await startServer();
    running.io.use((socket, next) => {
      Object.assign(socket.request, { user: "alice" });
      next();
    });
    running.io.on("connection", (socket) => {
      Object.assign(socket.request, { visits: ((socket.request as any).visits ?? 0) + 1 });
    });
    const { socket } = await joinWire(running);
    expect((socket.request as any).user).to.be("alice");
    expect((socket.request as any).visits).to.be(1);
  });

  it("has the members, headers and query of the request that middlewares of the engine receive [26]", async () => {
    for (const query of ["EIO=4", "EIO=4&token=abc", "EIO=4&token=a%20b&token=c&__proto__=x"]) {
      for (const headers of [HEADERS, {}]) {
        const kept = await startServer();
        kept.io.engine.use((_req: unknown, _res: unknown, next: () => void) => next());
        const original = await joinWith(kept, query, { headers: headers as never });
        const running = await startServer();
        const socket = await joinWith(running, query, { headers: headers as never });
        expect(described(socket.request)).to.eql(described(original.request));
        expect(socket.request.socket.remoteAddress).to.be(original.request.socket.remoteAddress);
        expect((socket.request as any).websocket).to.be((socket.conn.transport as any).socket);
      }
    }
  });

  it("shares headers and query with the handshake, whichever is read first [26]", async () => {
    const running = await startServer();
    for (const requestFirst of [true, false]) {
      const socket = await joinWith(running);
      const earlier = requestFirst ? socket.request.headers : socket.handshake.headers;
      expect(earlier.cookie).to.be(HEADERS.Cookie);
      expect(earlier["x-twice"]).to.be("first, second");
      expect(socket.handshake.headers).to.be(socket.request.headers);
      expect(socket.handshake.query).to.be((socket.request as any)._query);
      expect(socket.handshake.query.token).to.be("c");
      expect(socket.handshake.url).to.be(socket.request.url);
      expect(socket.handshake.xdomain).to.be(true);
      expect(socket.handshake.secure).to.be(false);
    }
  });

  it("has as many headers as maxHeadersCount of the HTTP server allows [26]", async () => {
    const { io, httpServer, url } = await startServer();
    for (const maxHeadersCount of [null, 6]) {
      httpServer.maxHeadersCount = maxHeadersCount;
      const connected = nextEvent(io.engine, "connection");
      const client = request(`${url}/socket.io/?EIO=4&transport=websocket`, {
        headers: Object.entries({
          Host: "localhost",
          Connection: "Upgrade",
          Upgrade: "websocket",
          "Sec-WebSocket-Version": "13",
          "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
          "X-Last": "1",
          "X-Too-Many": "2",
        }).flat(),
      }).end();
      client.on("upgrade", (_res, socket) => onTestEnd(() => socket.destroy()));
      const [conn] = await connected;
      expect("x-too-many" in conn.request.headers).to.be(maxHeadersCount === null);
      expect(conn.request.headers["x-last"]).to.be("1");
    }
  });

  it("has an end, and no body [26]", async () => {
    const socket = await joinWith(await startServer());
    const chunks: unknown[] = [];
    for await (const chunk of socket.request) {
      chunks.push(chunk);
    }
    expect(chunks).to.eql([]);
    expect(socket.request.complete).to.be(true);
  });

  it("is still complete after the end of the connection [26]", async () => {
    const { wire, socket } = await joinWire(await startServer());
    const ended = nextEvent(socket, "disconnect");
    wire.ws.terminate();
    await ended;
    expect(socket.request.headers.upgrade).to.be("websocket");
    expect(socket.request.socket.destroyed).to.be(true);
    expect(socket.handshake.address).to.be.ok();
  });

  it("may be replaced by the application [26]", async () => {
    const { socket } = await joinWire(await startServer());
    const other = Object.assign(Object.create(socket.request), { user: "alice" });
    (socket.conn as any).request = other;
    expect(socket.request).to.be(other);
  });

  const keepers: Record<string, (keep: (req: unknown) => void, running: Running) => void> = {
    "a middleware of the engine": (keep, { io }) =>
      io.engine.use((req: unknown, _res: unknown, next: () => void) => {
        keep(req);
        next();
      }),
    "an upgrade listener of the HTTP server": (keep, { httpServer }) => {
      httpServer.on("upgrade", keep);
    },
    "an upgrade listener that is called once, and first": (keep, { httpServer }) => {
      httpServer.prependOnceListener("upgrade", keep);
    },
    "a listener that wraps the upgrade listeners": (keep, { httpServer }) => {
      const listeners = httpServer.listeners("upgrade");
      httpServer.removeAllListeners("upgrade");
      httpServer.removeAllListeners("newListener");
      httpServer.on("upgrade", (req, socket, head) => {
        keep(req);
        for (const listener of listeners) {
          listener.call(httpServer, req, socket, head);
        }
      });
    },
    "a listener of the headers": (keep, { io }) => {
      io.engine.on("headers", (_headers: unknown, req: unknown) => keep(req));
    },
    "a listener of the first headers that is called once": (keep, { io }) => {
      io.engine.once("initial_headers", (_headers: unknown, req: unknown) => keep(req));
    },
    "a listener of the headers of ws": (keep, { io }) => {
      (io.engine as any).ws.on("headers", (_headers: unknown, req: unknown) => keep(req));
    },
    "a listener of the engine that is called while the connection opens": (keep, { io }) => {
      io.engine.once("flush", (conn: { request: unknown }) => keep(conn.request));
    },
    "a listener of connections of the engine": (keep, { io }) => {
      io.engine.on("connection", (conn: { request: unknown }) => keep(conn.request));
    },
    "generateId()": (keep, { io }) => {
      io.engine.generateId = (req: unknown) => {
        keep(req);
        return `id-${Math.random()}`;
      };
    },
    allowRequest: (keep, { io }) => {
      (io.engine as any).opts.allowRequest = (req: unknown, done: (...args: unknown[]) => void) => {
        keep(req);
        done(null, true);
      };
    },
    "a tool that replaces emit() of the HTTP server": (keep, { httpServer }) => {
      const { emit } = httpServer;
      httpServer.emit = function (this: typeof httpServer, ...args: any[]) {
        args[0] === "upgrade" && keep(args[1]);
        return emit.apply(this, args as never);
      } as typeof emit;
    },
    "a tool that replaces handleUpgrade() of the engine": (keep, { io }) => {
      const { handleUpgrade } = io.engine;
      io.engine.handleUpgrade = function (this: unknown, ...args: Parameters<typeof handleUpgrade>) {
        keep(args[0]);
        return handleUpgrade.apply(this, args);
      };
    },
    "a tool that replaces prepare() of the engine": (keep, { io }) => replace(io.engine, "prepare", keep),
    "a tool that replaces handleUpgrade() of a class of the engine": (keep, { io }) =>
      replace(baseOf(io.engine, "handleUpgrade"), "handleUpgrade", keep),
    "a tool that replaces handleUpgrade() of ws": (keep, { io }) =>
      replace((io.engine as any).ws, "handleUpgrade", keep),
    "a tool that replaces handleUpgrade() of the class of ws": (keep, { io }) =>
      replace(baseOf((io.engine as any).ws, "handleUpgrade"), "handleUpgrade", keep),
    "verifyClient() of ws": (keep, { io }) => {
      (io.engine as any).ws.options.verifyClient = ({ req }: { req: unknown }) => {
        keep(req);
        return true;
      };
    },
  };

  /** The class that the other classes with the method extend. */
  function baseOf(object: object, method: string): object {
    let base = object;
    for (let owner = object; owner; owner = Object.getPrototypeOf(owner)) {
      base = Object.hasOwn(owner, method) ? owner : base;
    }
    return base;
  }

  /** Replaces a method until the test ends. */
  function replace(object: any, name: string, keep: (req: unknown) => void): void {
    const own = Object.getOwnPropertyDescriptor(object, name);
    const original = object[name];
    object[name] = function (this: unknown, ...args: unknown[]) {
      keep(args[0]);
      return original.apply(this, args);
    };
    onTestEnd(() => (own ? Object.defineProperty(object, name, own) : delete object[name]));
  }

  for (const [name, prepare] of Object.entries(keepers)) {
    it(`is the object that was received by ${name} [26]`, async () => {
      const running = await startServer();
      let kept: unknown;
      prepare((req) => {
        kept = req;
      }, running);
      const { socket } = await joinWire(running);
      Object.assign(kept as object, { user: "alice" });
      expect(kept).to.be.an(IncomingMessage);
      expect(socket.request).to.be(kept);
      expect((socket.request as any).user).to.be("alice");
    });
  }

  it("is the object that another server has passed to emit() or handleUpgrade() [26]", async () => {
    for (const direct of [false, true]) {
      const httpServer = createServer();
      const io = new Server(httpServer);
      const front = createServer();
      let kept: unknown;
      front.on("upgrade", (req, socket, head) => {
        kept = req;
        if (direct) {
          io.engine.handleUpgrade(req, socket, head);
        } else {
          httpServer.emit("upgrade", req, socket, head);
        }
      });
      await listen(io, front);
      const port = (front.address() as { port: number }).port;
      const { socket } = await joinWire({ io, url: `http://localhost:${port}` } as Running);
      expect(socket.request).to.be(kept);
    }
  });

  it("is the object that a class of the application has created [26]", async () => {
    class Request extends IncomingMessage {}
    const httpServer = createServer({ IncomingMessage: Request });
    const { socket } = await joinWire(await listen(new Server(httpServer), httpServer));
    expect(socket.request).to.be.a(Request);
  });

  it("is the object that the option cors receives, if it is a function [26]", async () => {
    const kept: unknown[] = [];
    const cors = (req: unknown, done: (error: null, options: object) => void) => {
      kept.push(req);
      done(null, {});
    };
    const { socket } = await joinWire(await startServer({ cors: cors as never }));
    expect(kept).to.eql([socket.request]);
    expect(socket.request).to.be(kept[0]);
  });
});

ownSuite("the request of a connection", () => {
  for (const option of ["allowedOrigins", "trustProxy"]) {
    it(`is the object that the option ${option} receives, if it is a function`, async () => {
      const kept = new Set<unknown>();
      const keep = (first: unknown, req: unknown) => {
        kept.add(option === "trustProxy" ? first : req);
        return option === "trustProxy" ? "203.0.113.1" : true;
      };
      const running = await startServer({ [option]: keep, limits: { connections: 10 } });
      const socket = await joinWith(running);
      expect([...kept]).to.have.length(1);
      expect(kept.has(socket.request)).to.be(true);
    });
  }

  itOnFastPath("is not in memory before the application reads it", async () => {
    // in a process with few other objects, which are all searched
    const { stdout } = await runNode(["--import=tsx", "test/fixtures/requests-in-memory.ts"]);
    const { before, connected, read, handshakes, areShared } = JSON.parse(stdout);
    expect([connected, read]).to.eql([before, before]);
    expect(handshakes).to.eql(Array(6).fill(["session=abc", "abc"]));
    expect(areShared).to.be(true);
  });
});
