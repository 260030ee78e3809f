/** The server of Socket.IO 0.x: the Listener and its clients; the numbers are the rows of docs/legacy.md. */
import { createServer } from "node:http";
import expect from "expect.js";
import { onTestEnd } from "../support/cleanup";
import { ask } from "../support/http";
import { collect, type LegacyClient, legacy, newSocket, next, startLegacy, WAYS } from "../support/legacy";
import { ownSuite } from "../support/own-tests";
import { listenOnFreePort } from "../support/server";
import { eventually } from "../support/waiting";

ownSuite("a Listener of Socket.IO 0.x", () => {
  for (const moment of ["before", "after"]) {
    it(`is attached ${moment} the HTTP server listens, and serves the chat of 2010 [L32]`, async () => {
      const server = createServer();
      const buffer: unknown[] = [];
      const json = JSON.stringify;
      const attach = () =>
        legacy.listen(server, {
          log: false,
          onClientConnect(client) {
            client.send(json({ buffer }));
            client.broadcast(json({ announcement: `${client.sessionId} connected` }));
          },
          onClientDisconnect(client) {
            client.broadcast(json({ announcement: `${client.sessionId} disconnected` }));
          },
          onClientMessage(message, client) {
            const entry = { message: [client.sessionId, message] };
            buffer.push(entry);
            client.broadcast(json(entry));
          },
        });
      let listener = moment === "before" ? attach() : undefined;
      const port = await listenOnFreePort(server);
      listener ??= attach();
      onTestEnd(() => listener?.close());

      const ada = newSocket(port);
      const atAda = collect(ada);
      ada.connect();
      await atAda.upTo('{"buffer":[]}');
      const bob = newSocket(port);
      const atBob = collect(bob);
      bob.connect();
      await atBob.upTo('{"buffer":[]}');
      await atAda.upTo(json({ announcement: `${bob.sessionId} connected` }));
      ada.send("hello");
      await atBob.upTo(json({ message: [ada.sessionId, "hello"] }));
      const carol = newSocket(port);
      const atCarol = collect(carol);
      carol.connect();
      await atCarol.upTo(json({ buffer }));
      expect(buffer).to.have.length(1);
    });
  }

  it("is returned by listen(), with the HTTP server, the options and today's server [L33, L34, L35]", async () => {
    const { listener, httpServer } = await startLegacy({ timeout: 100 });
    expect(listener).to.be.a(legacy.Listener);
    expect(listener.server).to.be(httpServer);
    expect(listener.io.httpServer).to.be(httpServer);
    const { log, ...options } = listener.options;
    expect(log).to.be.a("function");
    expect(options).to.eql({
      resource: "socket.io",
      origins: "*:*",
      transports: ["websocket", "server-events", "flashsocket", "htmlfile", "xhr-multipart", "xhr-polling"],
      timeout: 100,
    });
    expect(legacy.listen(createServer(), { log: false }).options.timeout).to.be(8000);
  });

  it("leaves the options of the program as they are", async () => {
    const options = Object.freeze({
      transports: Object.freeze(["xhr-polling"]) as "xhr-polling"[],
      log: () => {},
    });
    const { listener } = await startLegacy(options);
    listener.options.transports.push("websocket");
    expect(options.transports).to.eql(["xhr-polling"]);
  });

  it("gives the options in `io` to today's server", async () => {
    const { listener, pair, socket } = await startLegacy({ io: { limits: { connections: 1 } } });
    await pair();
    const refused = socket({ transports: ["websocket"] });
    const closed = next(refused, "close");
    refused.connect();
    await closed;
    expect(listener.clients).to.have.length(1);
  });

  it("keeps the place of a client that has left as null [L36]", async () => {
    const { listener, pair } = await startLegacy({ timeout: 1 });
    const first = await pair();
    const second = await pair();
    expect(listener.clients).to.have.length(2);
    expect(listener.clients[0]).to.be(first.client);
    const gone = next(listener, "clientDisconnect");
    first.socket.disconnect();
    await gone;
    expect(listener.clients).to.have.length(2);
    expect(listener.clients[0]).to.be(null);
    expect(listener.clients[1]).to.be(second.client);
  });

  it("has the clients by their session ids [L37]", async () => {
    const { listener, pair } = await startLegacy({ timeout: 1 });
    const { socket, client } = await pair();
    expect(Object.keys(listener.clientsIndex)).to.eql([socket.sessionId]);
    expect(listener.clientsIndex[socket.sessionId as string]).to.be(client);
    const gone = next(listener, "clientDisconnect");
    socket.disconnect();
    await gone;
    expect(Object.keys(listener.clientsIndex)).to.eql([]);
  });

  it("calls listeners of addListener() and of the options, until removeListener() [L38, L39, L40]", async () => {
    const calls: string[] = [];
    const { listener, pair } = await startLegacy({
      onClientConnect: () => calls.push("option"),
      onClientMessage: (message: string) => calls.push(message),
    });
    const added = () => calls.push("added");
    expect(listener.addListener("clientConnect", added)).to.be(listener);
    const first = await pair();
    expect(calls).to.eql(["option", "added"]);
    listener.removeListener("clientConnect", added);
    await pair();
    expect(calls).to.eql(["option", "added", "option"]);
    first.socket.send("a message");
    await next(listener, "clientMessage");
    expect(calls.at(-1)).to.be("a message");
  });

  it("calls a listener for any event that an option names with on and a capital letter [L39]", async () => {
    const options = { onSomethingElse: () => calls.push("called"), ontime: () => calls.push("wrong"), on: 5 };
    const calls: string[] = [];
    const { listener } = await startLegacy(options as object);
    listener.emit("somethingElse");
    listener.emit("time");
    expect(calls).to.eql(["called"]);
  });

  it("broadcasts to all clients, except one or several [L41, L42, L43]", async () => {
    const { listener, pair } = await startLegacy();
    const sockets = [];
    for (let count = 0; count < 4; count++) {
      const { socket } = await pair();
      sockets.push({ id: socket.sessionId as string, ...collect(socket) });
    }
    const [a, b, c, d] = sockets as [
      (typeof sockets)[0],
      (typeof sockets)[0],
      (typeof sockets)[0],
      (typeof sockets)[0],
    ];
    listener.broadcast("all");
    listener.broadcast("not a", a.id);
    listener.broadcast("not a, b", [a.id, b.id]);
    listener.broadcast("none excluded", []);
    listener.broadcast("end");
    await Promise.all(sockets.map(({ upTo }) => upTo("end")));
    expect(a.messages).to.eql(["all", "none excluded", "end"]);
    expect(b.messages).to.eql(["all", "not a", "none excluded", "end"]);
    for (const { messages } of [c, d]) {
      expect(messages).to.eql(["all", "not a", "not a, b", "none excluded", "end"]);
    }
  });

  it("answers at the path of its resource only [L44]", async () => {
    const { port, pair } = await startLegacy({ resource: "live/chat" });
    await pair({ resource: "live/chat" });
    const query = "?EIO=4&transport=polling";
    expect((await ask(`http://localhost:${port}/live/chat/${query}`)).text).to.match(/^0\{/);
    expect((await ask(`http://localhost:${port}/socket.io/${query}`)).text).to.be("the application");
  });

  it("serves two resources of one HTTP server separately [L44]", async () => {
    const { httpServer, port, listener } = await startLegacy();
    const other = legacy.listen(httpServer, { resource: "other", log: false });
    const connected = next(other, "clientConnect");
    const socket = newSocket(port, { resource: "other" }).connect();
    const [client] = (await connected) as [LegacyClient];
    await eventually(() => socket.connected);
    expect(client.listener).to.be(other);
    expect(listener.clients).to.eql([]);
    expect(() => legacy.listen(httpServer, { log: false })).to.throwError(/socket\.io/);
  });

  it("refuses a transport that is not accepted, and logs it [L45]", async () => {
    const { port, lines, socket } = await startLegacy({ transports: ["xhr-polling"] });
    const refused = socket({ transports: ["websocket"] }).connect();
    await next(refused, "close");
    expect(refused.connected).to.be(false);
    expect(lines).to.contain('Illegal transport "websocket"');
    const unknown = await ask(`http://localhost:${port}/socket.io/?EIO=4&transport=carrier%0apigeon`);
    expect(unknown.status).to.be(400);
    expect(lines.at(-1)).to.be('Illegal transport "carrier\\npigeon"');
  });

  for (const [options, name] of [
    [{ transports: ["carrier-pigeon"] }, "transports"],
    [{ transports: [] }, "transports"],
    [{ timeout: "soon" }, "timeout"],
    [{ resource: "/" }, "resource"],
    [{ log: "file" }, "log"],
    [{ origins: "example.com" }, "origins"],
  ] as const) {
    it(`refuses ${JSON.stringify(options)}`, () => {
      expect(() => legacy.listen(createServer(), options as object)).to.throwException((error: any) => {
        expect(error.code).to.be("INVALID_OPTION");
        expect(error.message).to.contain(`"${name}"`);
      });
    });
  }

  it("accepts pages of the hosts and ports in origins only", async () => {
    const { port } = await startLegacy({ origins: "example.com:* *:8080" });
    const answerTo = (origin?: string) =>
      ask(`http://localhost:${port}/socket.io/?EIO=4&transport=polling`, {
        headers: origin ? { origin } : {},
      });
    for (const [origin, status] of [
      ["https://example.com", 200],
      ["http://example.com:81", 200],
      ["http://other.example:8080", 200],
      ["http://other.example", 403],
      ["http://sub.example.com", 403],
      ["null", 403],
      [undefined, 200],
    ] as const) {
      const answer = await answerTo(origin);
      expect([origin, answer.status]).to.eql([origin, status]);
      expect(answer.headers["access-control-allow-origin"]).to.be(status === 200 ? origin : undefined);
    }
  });

  it("logs that it is ready, who connects and disconnects, and unknown sessions [L47]", async () => {
    const { listener, lines, pair, port } = await startLegacy({ timeout: 1 });
    expect(lines).to.eql(["socket.io ready - accepting connections"]);
    const { socket, client } = await pair();
    expect(lines.at(-1)).to.be(`Client ${client.sessionId} connected`);
    const gone = next(listener, "clientDisconnect");
    socket.disconnect();
    await gone;
    expect(lines.at(-1)).to.be(`Client ${client.sessionId} disconnected`);
    await ask(`http://localhost:${port}/socket.io/?EIO=4&transport=polling&sid=nobody`);
    expect(lines.at(-1)).to.be('Could not find the client with session id "nobody"');
  });

  it("logs to standard output by default, and not at all with log: false [L47]", () => {
    const { log } = console;
    const printed: unknown[] = [];
    console.log = (line) => printed.push(line);
    onTestEnd(() => {
      console.log = log;
    });
    legacy.listen(createServer());
    legacy.listen(createServer(), { log: false });
    expect(printed).to.eql(["socket.io ready - accepting connections"]);
  });

  it("emits clientConnect, clientMessage and clientDisconnect, with itself as this [L48, L49, L50, L51]", async () => {
    const { listener, socket } = await startLegacy({ timeout: 1 });
    const events: unknown[][] = [];
    for (const event of ["clientConnect", "clientMessage", "clientDisconnect"]) {
      listener.addListener(event, function (this: unknown, ...args: unknown[]) {
        events.push([event, this === listener, ...args]);
      });
    }
    listener.addListener("clientConnect", (client) => {
      expect(listener.clients).to.contain(client);
      expect(listener.clientsIndex[client.sessionId]).to.be(client);
    });
    const one = socket().connect();
    await next(listener, "clientConnect");
    const [client] = listener.clients;
    one.send("text");
    await next(listener, "clientMessage");
    one.disconnect();
    await next(listener, "clientDisconnect");
    expect(events.map(([event, isThis]) => [event, isThis])).to.eql([
      ["clientConnect", true],
      ["clientMessage", true],
      ["clientDisconnect", true],
    ]);
    expect(events[0]?.[2]).to.be(client);
    expect(events[1]?.slice(2, 3)).to.eql(["text"]);
    expect(events[1]?.[3]).to.be(client);
    expect(events[2]?.[2]).to.be(client);
  });

  for (const [way] of WAYS) {
    it(`has a client with its listener, request, connected and connections, over ${way} [L52, L53, L54]`, async () => {
      const { listener, pair, cut } = await startLegacy();
      const { socket, client } = await pair({ transports: [way] });
      expect(client.listener).to.be(listener);
      expect(client.request.url).to.contain("/socket.io/");
      expect(client.sessionId).to.be(socket.sessionId);
      expect([client.connected, client.connections]).to.eql([true, 1]);
      const first = client.request;
      const closed = next(socket, "close");
      await cut();
      await closed;
      await eventually(() => !client.connected);
      const back = next(socket, "connect");
      socket.connect();
      await back;
      await eventually(() => client.connected);
      expect(client.connections).to.be(2);
      expect(client.request).not.to.be(first);
      expect(listener.clients).to.have.length(1);
    });
  }

  it("sends to a client, also while the client is away [L55]", async () => {
    const { pair, cut } = await startLegacy();
    const { socket, client } = await pair();
    const { messages, upTo } = collect(socket);
    expect(client.send("at once")).to.be(client);
    await upTo("at once");
    const closed = next(socket, "close");
    await cut();
    await closed;
    await eventually(() => !client.connected);
    client.send("kept");
    socket.connect();
    await upTo("kept");
    expect(messages).to.eql(["at once", "kept"]);
  });

  it("broadcasts from a client to all others [L56]", async () => {
    const { listener, pair } = await startLegacy();
    const [first, second] = [await pair(), await pair()];
    const [atFirst, atSecond] = [collect(first.socket), collect(second.socket)];
    first.client.broadcast("to the others");
    listener.broadcast("to all");
    await Promise.all([atFirst.upTo("to all"), atSecond.upTo("to all")]);
    expect(atFirst.messages).to.eql(["to all"]);
    expect(atSecond.messages).to.eql(["to the others", "to all"]);
  });
});
