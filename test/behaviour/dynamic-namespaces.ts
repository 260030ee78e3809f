import expect from "expect.js";
import { joinWire } from "../support/joined";
import { startServer } from "../support/server";
import { Namespace, Server } from "../support/subject";
import { nextEvent, nextValue } from "../support/waiting";
import { openPolling, openWire } from "../support/wire";

type Next = (error: Error | null, allow: boolean) => void;

const refused = (name: string) => `44${name},{"message":"Invalid namespace"}`;

describe("a namespace by regular expression", () => {
  it("is created for its first client, with the name that the client requested [40]", async () => {
    const { io, connect } = await startServer();
    const connected = nextValue(io.of(/^\/room-\d+$/), "connection");
    const client = connect("/room-101");
    const socket = await connected;
    expect(socket.nsp).to.be.a(Namespace);
    expect(socket.nsp.name).to.be("/room-101");
    expect(io.of("/room-101")).to.be(socket.nsp);
    await nextEvent(client, "connect");
    expect(socket.nsp.sockets.get(client.id as string)).to.be(socket);
  });

  it("is shared by all clients with the same name, and separate from other names [40]", async () => {
    const { io, connect } = await startServer();
    const namespaces: unknown[] = [];
    io.of(/^\/room-\d+$/).on("connection", (socket) => namespaces.push(socket.nsp));
    for (const name of ["/room-1", "/room-1", "/room-2"]) {
      await nextEvent(connect(name), "connect");
    }
    expect(namespaces[0]).to.be(namespaces[1]);
    expect(namespaces[0]).not.to.be(namespaces[2]);
  });

  it("refuses the names that do not match [40, 45]", async () => {
    const { io, url } = await startServer();
    io.of(/^\/room-\d+$/);
    const wire = await openWire(url);
    for (const name of ["/room-", "/room-1x", "/Room-1"]) {
      expect(await wire.join(name)).to.be(refused(name));
    }
    expect(await wire.join("/room-1")).to.match(/^40\/room-1,/);
  });

  it("matches as the expression does: without anchors, a part of the name is sufficient [40]", async () => {
    const { io, url } = await startServer();
    io.of(/room/i);
    const wire = await openWire(url);
    expect(await wire.join("/my/ROOMS")).to.match(/^40\/my\/ROOMS,/);
  });

  it("matches each time, though the same expression is used repeatedly [40, 43]", async () => {
    const { io, url } = await startServer();
    io.of(/^\/room-\d+$/i);
    const wire = await openWire(url);
    for (const name of ["/room-1", "/room-2", "/room-3", "/room-4"]) {
      expect(await wire.join(name)).to.match(/^40/);
    }
  });

  for (const flags of ["g", "y", "gi", "gy"]) {
    it(`throws an error if the expression has a state (flags ${flags}) [43]`, () => {
      const io = new Server();
      expect(() => io.of(new RegExp("^/room-\\d+$", flags))).to.throwException((error: Error) =>
        expect(error.message).to.be("stateful regular expressions are not supported"),
      );
    });
  }

  it("accepts a connect listener along with the expression [40]", async () => {
    const { io, connect } = await startServer();
    const connected = new Promise<any>((resolve) => {
      io.of(/^\/room-\d+$/, resolve);
    });
    connect("/room-7");
    expect((await connected).nsp.name).to.be("/room-7");
  });
});

describe("a namespace by function", () => {
  it("is called with the name and the auth of the client [40]", async () => {
    const { io, connect } = await startServer();
    const asked: any[] = [];
    io.of((name, auth, next) => {
      asked.push([name, { ...auth }]);
      next(null, true);
    });
    await nextEvent(connect("/any", { auth: { token: "abc" } }), "connect");
    expect(asked).to.eql([["/any", { token: "abc" }]]);
  });

  it("is called with an empty object, and never undefined, if the client sends no auth [40]", async () => {
    const { io, url } = await startServer();
    const asked: any[] = [];
    io.of((_name, auth, next) => {
      asked.push(auth);
      next(null, true);
    });
    const wire = await openWire(url);
    await wire.join("/any");
    expect(asked).to.eql([{}]);
  });

  it("that throws closes the connection of its client only [40]", async () => {
    const { io, url } = await startServer();
    io.of((_name, auth, next) => next(null, auth.token.startsWith("yes")));
    const [good, bad] = [await openWire(url), await openWire(url)];
    expect(await good.join("/one", { token: "yes" })).to.match(/^40\/one,/);
    bad.send("40/two,");
    await bad.closed;
    const polling = await openPolling(url);
    await polling.post("40/three,{}");
    expect((await polling.poll()).at(-1)).to.be("1");
    expect(await good.join("/four", { token: "yes" })).to.match(/^40\/four,/);
  });

  it("may call back later [40]", async () => {
    const { io, connect } = await startServer();
    const asked = new Promise<Next>((resolve) => {
      io.of((_name, _auth, next) => resolve(next as Next));
    });
    const client = connect("/any");
    const next = await asked;
    expect(client.connected).to.be(false);
    next(null, true);
    await nextEvent(client, "connect");
  });

  it("refuses with the same message for false and for an error [40, 45]", async () => {
    const { io, url } = await startServer();
    io.of((name, _auth, next) => {
      (next as Next)(name === "/error" ? new Error("a secret") : null, name === "/error");
    });
    const wire = await openWire(url);
    expect(await wire.join("/error")).to.be(refused("/error"));
    expect(await wire.join("/no")).to.be(refused("/no"));
  });

  it("is called when the namespace is created, and not for later clients [40]", async () => {
    const { io, connect } = await startServer();
    let asked = 0;
    io.of((_name, _auth, next) => {
      asked++;
      next(null, true);
    });
    await nextEvent(connect("/any"), "connect");
    await nextEvent(connect("/any"), "connect");
    expect(asked).to.be(1);
  });

  it("is created once, though two clients request it before the function has called back [40, 44]", async () => {
    const { io, connect } = await startServer();
    const waiting: Next[] = [];
    const both = new Promise<void>((resolve) => {
      io.of((_name, _auth, next) => {
        waiting.push(next as Next);
        if (waiting.length === 2) {
          resolve();
        }
      });
    });
    const made: string[] = [];
    io.on("new_namespace", ({ name }) => made.push(name));
    const clients = [connect("/any"), connect("/any")];
    await both;
    const connected = clients.map((client) => nextEvent(client, "connect"));
    waiting.forEach((next) => {
      next(null, true);
    });
    await Promise.all(connected);
    expect(made).to.eql(["/any"]);
    expect(io.of("/any").sockets.size).to.be(2);
  });

  it("that calls back after the client has left joins no client [40]", async () => {
    const { io, url } = await startServer();
    const asked = new Promise<Next>((resolve) => {
      io.of((name, _auth, next) => {
        if (name === "/late") {
          resolve(next as Next);
        }
      });
    });
    const { wire, socket } = await joinWire({ io, url });
    wire.send("40/late,");
    const next = await asked;
    const gone = nextEvent(socket, "disconnect");
    wire.ws.close();
    await gone;
    let connections = 0;
    io.of("/late").on("connection", () => connections++);
    next(null, true);
    await joinWire({ io, url }, "/late");
    expect(connections).to.be(1);
    expect(io.of("/late").sockets.size).to.be(1);
  });

  it("is called with any name [40]", async () => {
    const { io, url } = await startServer();
    const asked: string[] = [];
    io.of((name, _auth, next) => {
      asked.push(name);
      next(null, true);
    });
    const wire = await openWire(url);
    const names = ["/__proto__", "/constructor", "/a/b/c", "/é", "/%20", "/a?b=c"];
    for (const name of names) {
      expect(await wire.join(name)).to.match(/^40/);
    }
    expect(asked).to.eql(names);
  });
});

describe("several ways to a namespace", () => {
  /** A server that records which middleware a client has passed. */
  async function startWithWays(ways: (string | RegExp)[]) {
    const running = await startServer();
    const met: string[] = [];
    for (const way of ways) {
      running.io.of(way as string).use((_socket, next) => {
        met.push(String(way));
        next();
      });
    }
    return { ...running, met };
  }

  it("a fixed name takes precedence over a pattern that is created later [40]", async () => {
    const { url, met } = await startWithWays(["/room-1", /^\/room-\d$/]);
    const wire = await openWire(url);
    await wire.join("/room-1");
    expect(met).to.eql(["/room-1"]);
  });

  it("of two matching patterns, the earlier one is used [40]", async () => {
    const { url, met } = await startWithWays([/^\/room-\d$/, /^\/room/]);
    const wire = await openWire(url);
    await wire.join("/room-1");
    await wire.join("/room-x");
    expect(met).to.eql([String(/^\/room-\d$/), String(/^\/room/)]);
  });

  it("functions are called one after the other until one accepts [40]", async () => {
    const { io, url } = await startServer();
    const asked: string[] = [];
    const way = (label: string, decide: (name: string) => [Error | null, boolean]) =>
      io.of((name, _auth, next) => {
        asked.push(label);
        setImmediate(() => (next as Next)(...decide(name)));
      });
    way("no", () => [null, false]);
    way("error", () => [new Error("no"), true]);
    way("yes", () => [null, true]);
    way("never asked", () => [null, true]);
    const wire = await openWire(url);
    expect(await wire.join("/any")).to.match(/^40/);
    expect(asked).to.eql(["no", "error", "yes"]);
  });

  it("functions and expressions are tried in the order in which they were created [40]", async () => {
    const { io, url } = await startServer();
    const asked: string[] = [];
    io.of((_name, _auth, next) => {
      asked.push("function");
      next(null, false);
    });
    const pattern = io.of(/^\/any$/);
    io.of((_name, _auth, next) => {
      asked.push("never asked");
      next(null, true);
    });
    const connected = nextValue(pattern, "connection");
    const wire = await openWire(url);
    await wire.join("/any");
    expect((await connected).nsp.name).to.be("/any");
    expect(asked).to.eql(["function"]);
  });
});
