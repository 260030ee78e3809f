/** The client of Socket.IO 0.x in Node.js; the numbers are the rows of docs/legacy.md. */
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import expect from "expect.js";
import { certificate } from "../support/certificate";
import { onTestEnd } from "../support/cleanup";
import { stopClock } from "../support/clock";
import { ask } from "../support/http";
import {
  collect,
  type LegacySocket,
  legacy,
  legacyClient,
  newSocket,
  next,
  startLegacy,
  WAYS,
} from "../support/legacy";
import { ownSuite } from "../support/own-tests";
import { listenOnFreePort } from "../support/server";
import { eventually } from "../support/waiting";

/** Records the events of a client by their names. */
function record(socket: LegacySocket): string[] {
  const seen: string[] = [];
  for (const event of ["connect", "close", "disconnect"]) {
    socket.addEvent(event, () => seen.push(event));
  }
  return seen;
}

ownSuite("the client of Socket.IO 0.x", () => {
  for (const [way, carrier] of WAYS) {
    it(`runs one program unchanged over ${way} [L1, L3, L6, L8]`, async () => {
      const { listener, socket } = await startLegacy();
      const heard: unknown[] = [];
      listener.addListener("clientConnect", (client) => client.send("welcome"));
      listener.addListener("clientMessage", (message, client) => {
        heard.push(message);
        client.send(`echo: ${message}`);
      });
      const one = socket({ transports: [way] });
      const { upTo } = collect(one);
      one.connect();
      one.send("first");
      one.send("second");
      expect(await upTo("echo: second")).to.eql(["welcome", "echo: first", "echo: second"]);
      expect(heard).to.eql(["first", "second"]);
      expect(one.transport).to.eql({ type: way, name: carrier });
      const [{ transport }] = Object.values(
        (listener.io.engine as unknown as { clients: Record<string, any> }).clients,
      );
      expect(transport.name).to.be(carrier);
    });
  }

  it("runs what the README of 2010 shows [L2]", async () => {
    const io = legacy;
    const server = createServer((_req, res) => {
      // your normal server code
      res.writeHead(200, { "Content-Type": "text/html" });
      res.write("<h1>Hello world</h1>");
      res.end();
    });
    const port = await listenOnFreePort(server);
    const { log } = console;
    console.log = () => {};
    onTestEnd(() => {
      console.log = log;
    });
    // socket.io, I choose you
    const listener = io.listen(server);
    onTestEnd(() => listener.close());

    const message = next(listener, "clientMessage");
    {
      const io = legacyClient;
      io.setPath("/path/to/socket.io/");
      const socket = new io.Socket("localhost", { port });
      onTestEnd(() => socket.disconnect());
      socket.connect();
      socket.send("some data");
      socket.addEvent("message", (data: unknown) => heard.push(data));
    }
    const heard: unknown[] = [];
    const [text, client] = await message;
    expect(text).to.be("some data");
    client.send("got it");
    await eventually(() => heard.length > 0);
    expect(heard).to.eql(["got it"]);
    expect((await ask(`http://localhost:${port}/`)).text).to.be("<h1>Hello world</h1>");
  });

  it("has localhost as its host, and options with defaults [L13, L14, L15, L19]", async () => {
    const plain = new legacyClient.Socket();
    expect(plain.host).to.be("localhost");
    expect(plain.options).to.eql({
      secure: false,
      port: 80,
      resource: "socket.io",
      transports: ["websocket", "server-events", "flashsocket", "htmlfile", "xhr-multipart", "xhr-polling"],
      transportOptions: {},
      rememberTransport: true,
    });
    const other = new legacyClient.Socket("example.com", { secure: true, resource: "chat" });
    expect(other.host).to.be("example.com");
    expect(other.options.port).to.be(443);
    expect(other.options.resource).to.be("chat");
    expect(plain.options.resource).to.be("socket.io");
    expect(new legacyClient.Socket({ port: 8080 }).options.port).to.be(8080);
  });

  it("connects to its port [L14]", async () => {
    const { port, listener } = await startLegacy();
    const connected = next(listener, "clientConnect");
    newSocket(port, { port: String(port) }).connect();
    await connected;
  });

  it("connects over TLS with `secure` [L14, L19]", async () => {
    const server = createTlsServer(certificate);
    const listener = legacy.listen(server, { log: false });
    onTestEnd(() => listener.close());
    const port = await listenOnFreePort(server);
    const socket = newSocket(port, {
      secure: true,
      transportOptions: { websocket: { ca: certificate.cert } },
    });
    const connected = next(socket, "connect");
    socket.connect();
    await connected;
    expect(socket.transport.type).to.be("websocket");
    expect(listener.clients[0]?.request.socket).to.have.property("encrypted", true);
  });

  it("needs the resource of the server [L15]", async () => {
    const { socket, pair } = await startLegacy({ resource: "chat" });
    const wrong = socket();
    const closed = next(wrong, "close");
    wrong.connect();
    await closed;
    expect(wrong.connected).to.be(false);
    await pair({ resource: "chat" });
  });

  it("leaves the other requests of the HTTP server to the program [L16]", async () => {
    const { pair, port } = await startLegacy();
    await pair();
    for (const path of ["/", "/socket.io.html", "/chat?transport=polling"]) {
      const answer = await ask(`http://localhost:${port}${path}`);
      expect([answer.status, answer.text]).to.eql([200, "the application"]);
    }
    const posted = await ask(`http://localhost:${port}/form`, { method: "POST", body: "a=1" });
    expect(posted.text).to.be("the application");
  });

  it("has connected, connecting and transport, and may be told to connect twice [L20, L21, L22, L23]", async () => {
    const { listener, socket } = await startLegacy();
    const one = socket({ transports: ["xhr-polling"] });
    const seen = record(one);
    const states = () => [one.connected, one.connecting, one.transport.type];
    expect(states()).to.eql([false, false, "xhr-polling"]);
    expect(one.connect()).to.be(one);
    one.connect();
    expect(states()).to.eql([false, true, "xhr-polling"]);
    await next(one, "connect");
    one.connect();
    expect(states()).to.eql([true, false, "xhr-polling"]);
    one.send("end");
    await next(listener, "clientMessage");
    expect(listener.clients).to.have.length(1);
    expect(seen).to.eql(["connect"]);
    one.disconnect();
    expect(states()).to.eql([false, false, "xhr-polling"]);
  });

  it("sends what was given to send() before it is connected, in order [L24]", async () => {
    const { listener, socket } = await startLegacy();
    const heard: unknown[] = [];
    listener.addListener("clientMessage", (message) => heard.push(message));
    const one = socket();
    expect(one.send("one")).to.be(one);
    one.connect().send("two");
    one.addEvent("connect", () => one.send("three"));
    await eventually(() => heard.length === 3);
    expect(heard).to.eql(["one", "two", "three"]);
  });

  it("is disconnected by disconnect(), at once [L25]", async () => {
    const { pair } = await startLegacy();
    const { socket, client } = await pair();
    const seen = record(socket);
    expect(socket.disconnect()).to.be(socket);
    expect(seen).to.eql(["close", "disconnect"]);
    expect(socket.connected).to.be(false);
    await eventually(() => !client.connected);
    socket.disconnect();
    expect(seen).to.eql(["close", "disconnect"]);
  });

  it("sends the last messages before it disconnects [L25]", async () => {
    for (const [way] of WAYS) {
      const { listener, pair } = await startLegacy();
      const heard: unknown[] = [];
      listener.addListener("clientMessage", (message) => heard.push(message));
      const { socket, client } = await pair({ transports: [way] });
      socket.send("one").send("two").disconnect();
      await eventually(() => !client.connected);
      expect([way, ...heard]).to.eql([way, "one", "two"]);
    }
  });

  it("can connect again at once after disconnect() [L23, L25]", async () => {
    for (const [way] of WAYS) {
      const { listener, pair } = await startLegacy();
      const { socket } = await pair({ transports: [way] });
      const messages: unknown[] = [];
      listener.addListener("clientMessage", (message) => messages.push(message));
      socket.send("one").disconnect().connect().send("two");
      await next(socket, "connect");
      await eventually(() => messages.length === 2);
      expect([way, ...messages]).to.eql([way, "one", "two"]);
    }
  });

  it("stops connecting by disconnect() [L25]", async () => {
    const { socket, listener, pair } = await startLegacy();
    const one = socket();
    const seen = record(one);
    one.connect().disconnect();
    expect([one.connected, one.connecting]).to.eql([false, false]);
    expect(seen).to.eql(["close"]);
    await pair();
    expect(listener.clients).to.have.length(1);
    const connected = next(one, "connect");
    one.connect();
    await connected;
  });

  it("calls listeners with itself as this, until removeEvent() [L26, L27]", async () => {
    const { pair } = await startLegacy();
    const { socket, client } = await pair();
    const calls: unknown[] = [];
    function first(this: unknown, message: unknown) {
      calls.push(["first", this === socket, message]);
    }
    const second = (message: unknown) => calls.push(["second", message]);
    expect(socket.addEvent("message", first).addEvent("message", second)).to.be(socket);
    const { upTo } = collect(socket);
    client.send("a");
    await upTo("a");
    expect(calls).to.eql([
      ["first", true, "a"],
      ["second", "a"],
    ]);
    expect(socket.removeEvent("message", first)).to.be(socket);
    socket.removeEvent("message", () => {}).removeEvent("nothing", first);
    client.send("b");
    await upTo("b");
    expect(calls.slice(2)).to.eql([["second", "b"]]);
    expect(socket.fireEvent("message", ["c"])).to.be(socket);
    expect(calls.slice(3)).to.eql([["second", "c"]]);
  });

  it("emits connect when it is connected, and message for each message [L28, L29]", async () => {
    const { listener, socket } = await startLegacy();
    listener.addListener("clientConnect", (client) => client.send("one").send("two"));
    const seen: unknown[] = [];
    const one = socket();
    one.addEvent("connect", () => seen.push(["connect", one.connected, one.sessionId]));
    one.addEvent("message", (...args: unknown[]) => seen.push(args));
    one.connect();
    await eventually(() => seen.length === 3);
    expect(seen).to.eql([["connect", true, listener.clients[0]?.sessionId], ["one"], ["two"]]);
  });

  for (const [way] of WAYS) {
    it(`emits close at a temporary cut, and disconnect only when it is given up, over ${way} [L30, L31]`, async () => {
      const clock = stopClock({ shortest: 1_000 });
      const { pair, cut } = await startLegacy();
      const { socket, client } = await pair({ transports: [way] });
      const seen = record(socket);
      const lose = async () => {
        await cut();
        await eventually(() => !client.connected);
        await eventually(() => !socket.connected);
      };
      await lose();
      clock.tick(7_999);
      expect(seen).to.eql(["close"]);
      const back = next(socket, "connect");
      socket.connect();
      await back;
      await lose();
      clock.tick(7_999);
      expect(seen).to.eql(["close", "connect", "close"]);
      clock.tick(1);
      expect(seen).to.eql(["close", "connect", "close", "disconnect"]);
    });
  }

  it("emits close if the server cannot be reached, and can try again [L30]", async () => {
    const httpServer = createServer();
    const port = await listenOnFreePort(httpServer);
    await new Promise((resolve) => httpServer.close(resolve));
    const socket = newSocket(port);
    const seen = record(socket);
    const closed = next(socket, "close");
    socket.connect();
    await closed;
    expect([socket.connected, socket.connecting, ...seen]).to.eql([false, false, "close"]);
    httpServer.listen(port);
    const listener = legacy.listen(httpServer, { log: false });
    onTestEnd(() => listener.close());
    const connected = next(socket, "connect");
    socket.connect();
    await connected;
  });

  it("emits disconnect before connect if the server has lost the session [L31]", async () => {
    const first = await startLegacy();
    const { socket } = await first.pair();
    const seen = record(socket);
    const closed = next(socket, "close");
    await first.listener.close();
    await closed;
    const httpServer = createServer();
    httpServer.listen(first.port);
    const again = legacy.listen(httpServer, { log: false });
    onTestEnd(() => again.close());
    await eventually(() => httpServer.listening);
    const back = next(socket, "connect");
    socket.connect();
    await back;
    expect(seen).to.eql(["close", "disconnect", "connect"]);
    expect(Object.keys(again.clientsIndex)).to.eql([socket.sessionId]);
  });

  it("emits disconnect at once if the server ends the session [L31]", async () => {
    const { listener, pair } = await startLegacy();
    const { socket } = await pair();
    const seen = record(socket);
    const gone = next(listener, "clientDisconnect");
    const disconnected = next(socket, "disconnect");
    listener.namespace.disconnectSockets(true);
    await Promise.all([gone, disconnected]);
    expect(seen).to.eql(["close", "disconnect"]);
  });
});
