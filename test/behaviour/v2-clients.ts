import expect from "expect.js";
import { onTestEnd } from "../support/cleanup";
import { type Running, startServer } from "../support/server";
import { eventually, nextEvent, nextValue } from "../support/waiting";

const connectV2: (url: string, options: object) => any = require("socket.io-client-v2");

/** A client of Socket.IO v2, closed when the test ends. */
function v2Client(url: string, options: object = {}): any {
  const client = connectV2(url, { forceNew: true, reconnection: false, ...options });
  onTestEnd(() => client.close());
  return client;
}

async function v2Pair({ io, url }: Running, namespace: string, options: object) {
  const connected = nextValue(io.of(namespace), "connection");
  const client = v2Client(url + (namespace === "/" ? "" : namespace), options);
  const ready = nextEvent(client, "connect");
  const socket = await connected;
  await ready;
  return { client, socket };
}

const echo = (...args: any[]) => args.pop()(...args);

for (const transports of [["polling"], ["websocket"], ["polling", "websocket"]]) {
  describe(`clients of Socket.IO v2, over ${transports.join(" and ")}`, () => {
    const options = { transports };
    const start = () => startServer({ allowEIO3: true });

    it("join the main namespace without CONNECT; its id is that of the connection [27, 46, 85]", async () => {
      const running = await start();
      const { client, socket } = await v2Pair(running, "/", options);
      expect(socket.conn.protocol).to.be(3);
      expect(socket.id).to.be(socket.conn.id);
      expect(client.id).to.be(socket.id);
      expect(client.io.engine.id).to.be(socket.id);
      expect(socket.handshake.auth).to.eql({});
      expect(socket.handshake.query.EIO).to.be("3");
      expect([...socket.rooms]).to.eql([socket.id]);
    });

    it("join another namespace as /name#id, in addition to the main namespace [46, 85]", async () => {
      const running = await start();
      const main = nextValue(running.io, "connection");
      const { client, socket } = await v2Pair(running, "/chat", options);
      expect(socket.id).to.be(`/chat#${(await main).id}`);
      expect(client.id).to.be(socket.id);
      expect(running.io.of("/chat").sockets.get(socket.id)).to.be(socket);
      expect([...socket.rooms]).to.eql([socket.id]);
    });

    it("exchange events and acknowledgements, with binary data [55, 83, 85]", async () => {
      const { client, socket } = await v2Pair(await start(), "/", options);
      socket.on("echo", echo);
      client.on("echo", echo);
      const value = { text: "ö€😀", deep: [{ buffer: Buffer.from([1, 2, 255]) }, null, 1.5] };
      const answer = new Promise((resolve) =>
        client.emit("echo", value, "x", (...args: any[]) => resolve(args)),
      );
      expect(await answer).to.eql([value, "x"]);
      expect(await socket.timeout(5000).emitWithAck("echo", value)).to.eql(value);
    });

    it("receive broadcasts, as current clients do [71, 85]", async () => {
      const running = await start();
      const old = await v2Pair(running, "/", options);
      const today = await running.pair("/", options);
      for (const { socket } of [old, today]) {
        socket.join("room");
      }
      const events: [string, unknown][] = [
        ["text", { a: "ö😀" }],
        ["binary", Buffer.from([1, 2, 3])],
      ];
      for (const [name, value] of events) {
        const heard = [nextValue(old.client, name), nextValue(today.client, name)];
        running.io.to("room").emit(name, value);
        expect(await Promise.all(heard)).to.eql([value, value]);
      }
    });

    it("send the query of the namespace as auth [31, 85]", async () => {
      const running = await start();
      const query = { token: "a b&c=d", "x[y]": "1" };
      const { socket } = await v2Pair(running, "/chat", { ...options, query });
      const { auth } = socket.handshake;
      expect({ ...auth }).to.eql({ token: "a b&c=d", "x[y]": "1" });
      expect(Object.getPrototypeOf(auth)).to.be(null);
    });

    it("can be refused by a middleware: an error event with the message, or with the data [47, 85]", async () => {
      const running = await start();
      running.io.of("/no").use((_socket, next) => next(new Error("not today")));
      running.io.of("/data").use((_socket, next) => {
        next(Object.assign(new Error("not today"), { data: { code: 7 } }));
      });
      const { client } = await v2Pair(running, "/", options);
      expect(await nextEvent(client.io.socket("/no"), "error")).to.eql(["not today"]);
      expect(await nextEvent(client.io.socket("/data"), "error")).to.eql([{ code: 7 }]);
    });

    it("can be refused by the main namespace, without an effect on the others [46, 47, 85]", async () => {
      const running = await start();
      running.io.use((_socket, next) => next(new Error("not here")));
      running.io.of("/chat");
      const client = v2Client(running.url, options);
      expect(await nextEvent(client, "error")).to.eql(["not here"]);
      const chat = client.io.socket("/chat");
      await nextEvent(chat, "connect");
      expect(chat.id).to.be(`/chat#${client.io.engine.id}`);
    });

    it("receive Invalid namespace [45, 85]", async () => {
      const running = await start();
      const { client } = await v2Pair(running, "/", options);
      expect(await nextEvent(client.io.socket("/nope"), "error")).to.eql([{ message: "Invalid namespace" }]);
      expect(client.connected).to.be(true);
    });

    it("leave one namespace and remain in the other [51, 85]", async () => {
      const running = await start();
      const connected = nextValue(running.io.of("/chat"), "connection");
      const { client, socket } = await v2Pair(running, "/", options);
      const chat = client.io.socket("/chat");
      const gone = nextEvent(await connected, "disconnect");
      await nextEvent(chat, "connect");
      chat.disconnect();
      expect((await gone)[0]).to.be("client namespace disconnect");
      expect(socket.connected).to.be(true);
      const heard = nextValue(client, "hello");
      socket.emit("hello", 1);
      expect(await heard).to.be(1);
    });

    it("are disconnected by the server [61, 85]", async () => {
      const { client, socket } = await v2Pair(await start(), "/", options);
      const told = nextEvent(client, "disconnect");
      const gone = nextEvent(socket, "disconnect");
      socket.disconnect();
      expect((await told)[0]).to.be("io server disconnect");
      expect((await gone)[0]).to.be("server namespace disconnect");
    });

    it("are disconnected when their connection is closed [61, 85]", async () => {
      const { client, socket } = await v2Pair(await start(), "/", options);
      const told = nextEvent(client, "disconnect");
      socket.conn.close();
      expect((await told)[0]).to.be("transport close");
    });

    it("keep the connection open with their own pings [37, 85]", async () => {
      const running = await startServer({ allowEIO3: true, pingInterval: 10 });
      const { client, socket } = await v2Pair(running, "/", options);
      await nextEvent(client, "pong");
      await nextEvent(client, "pong");
      expect(socket.connected).to.be(true);
    });
  });
}

describe("clients of Socket.IO v2", () => {
  it("upgrade to WebSocket [39, 85]", async () => {
    const running = await startServer({ allowEIO3: true });
    const { client, socket } = await v2Pair(running, "/", { transports: ["polling", "websocket"] });
    await eventually(() => socket.conn.transport.name === "websocket");
    await eventually(() => client.io.engine.transport.name === "websocket");
    const heard = nextValue(client, "hello");
    socket.emit("hello", Buffer.from([1]));
    expect(await heard).to.eql(Buffer.from([1]));
  });

  it("join namespaces that match a pattern, by the name without the query [40, 85]", async () => {
    const running = await startServer({ allowEIO3: true });
    const auths: unknown[] = [];
    const connected = new Promise<any>((resolve) => {
      running.io
        .of((name, auth, next) => {
          auths.push({ name, auth: { ...auth } });
          next(null, name === "/tenant-1");
        })
        .on("connection", resolve);
    });
    v2Client(`${running.url}/tenant-1`, { query: { token: "x" } });
    const socket = await connected;
    expect(socket.nsp.name).to.be("/tenant-1");
    expect(auths).to.eql([{ name: "/tenant-1", auth: { token: "x" } }]);
  });

  it("are the only clients that join the main namespace without CONNECT [46, 85]", async () => {
    const running = await startServer({ allowEIO3: true });
    let inMain = 0;
    running.io.on("connection", () => inMain++);
    running.io.of("/chat");
    await running.pair("/chat");
    expect(inMain).to.be(0);
    await v2Pair(running, "/chat", {});
    expect(inMain).to.be(1);
  });

  it("are visible to other servers and adapters with their ids [67, 85]", async () => {
    const running = await startServer({ allowEIO3: true });
    const { socket } = await v2Pair(running, "/chat", { query: { token: "x" } });
    const [fetched] = await running.io.of("/chat").fetchSockets();
    expect(fetched.id).to.be(socket.id);
    expect(fetched.handshake.auth.token).to.be("x");
  });

  for (const [transport, description] of [
    ["polling", 400],
    ["websocket", undefined],
  ] as const) {
    it(`are refused over ${transport} unless allowEIO3 is set [19, 28, 85]`, async () => {
      const { io, url } = await startServer();
      const refused = nextValue(io.engine, "connection_error");
      const client = v2Client(url, { transports: [transport] });
      const error = await nextValue(client, "connect_error");
      const { code, message, context } = await refused;
      expect([code, message, context]).to.eql([5, "Unsupported protocol version", { protocol: 3 }]);
      if (description) {
        expect(error.description).to.be(description);
      }
      expect(io.engine.clientsCount).to.be(0);
    });
  }
});
