/** Sessions and messages of Socket.IO 0.x on the wire of today; the numbers are the rows of docs/legacy.md. */
import expect from "expect.js";
import { stopClock } from "../support/clock";
import {
  collect,
  type LegacyClient,
  type LegacySocket,
  next,
  type RunningLegacy,
  startLegacy,
  WAYS,
} from "../support/legacy";
import { ownSuite } from "../support/own-tests";
import { runNode } from "../support/repository";
import { connectClient } from "../support/server";
import { eventually, nextEvent, nextValue } from "../support/waiting";
import { openPolling, openWire } from "../support/wire";

const NAMESPACE = "/socket.io/legacy";

/** A clock that is stopped for all but the timers of the client's polling. */
const stopWindows = () => stopClock({ shortest: 1_000 });

/** Cuts the connection of a client; resolves when both sides have noticed. */
async function lose(running: RunningLegacy, socket: LegacySocket, client: LegacyClient): Promise<void> {
  const closed = next(socket, "close");
  await running.cut();
  await closed;
  await eventually(() => !client.connected);
}

const TEXTS = [
  '{"a":[1,null,"\\u0000"],"b":{"c":"\\""}}',
  "<?xml version=\"1.0\"?><a b='c'><![CDATA[ ]]></a>",
  "",
  " ",
  "one\ntwo\r\nthree\rfour\n\n",
  "nul \0 and \x01\x1e\x7f",
  "\u2028\u2029 \ufeff \u{1f600} é",
  "half of a pair: \ud800 \udc00",
  "~m~5~m~hello",
  '42["message"]',
  "x".repeat(100_000),
];

for (const [way] of WAYS) {
  ownSuite(`a session of Socket.IO 0.x over ${way}`, () => {
    const only = { transports: [way] };

    it("is given up after 8 seconds by default, not before [L46]", async () => {
      const clock = stopWindows();
      const running = await startLegacy();
      const { listener } = running;
      const { socket, client } = await running.pair(only);
      const events: string[] = [];
      listener.addListener("clientDisconnect", () => events.push("clientDisconnect"));
      client.on("disconnect", () => events.push("disconnect"));
      await lose(running, socket, client);
      clock.tick(7_999);
      expect(events).to.eql([]);
      expect(listener.clients).to.eql([client]);
      clock.tick(1);
      expect(events).to.eql(["clientDisconnect", "disconnect"]);
      expect(listener.clients).to.eql([null]);
      clock.tick(60_000);
      expect(events).to.have.length(2);
    });

    it("is given up after `timeout`, counted from the last cut [L46]", async () => {
      const clock = stopWindows();
      const running = await startLegacy({ timeout: 20_000 });
      const { socket, client } = await running.pair(only);
      for (const _ of [1, 2]) {
        await lose(running, socket, client);
        clock.tick(19_999);
        expect(running.listener.clients).to.eql([client]);
        const back = next(socket, "connect");
        socket.connect();
        await back;
      }
      await eventually(() => client.connections === 3);
      await lose(running, socket, client);
      clock.tick(20_000);
      expect(running.listener.clients).to.eql([null]);
    });

    it("carries any text unaltered, in both directions, each as an event of its own [L57, L62]", async () => {
      const { listener, pair } = await startLegacy();
      const { socket, client } = await pair(only);
      const atServer: unknown[] = [];
      listener.addListener("clientMessage", (message, from) => {
        expect(from).to.be(client);
        atServer.push(message);
      });
      const { messages, upTo } = collect(socket);
      for (const text of TEXTS) {
        socket.send(text);
        client.send(text);
      }
      socket.send("end");
      client.send("end");
      await upTo("end");
      await eventually(() => atServer.at(-1) === "end");
      expect(messages).to.eql([...TEXTS, "end"]);
      expect(atServer).to.eql([...TEXTS, "end"]);
    });

    it("delivers what was sent during a cut, once and in order [L59]", async () => {
      const running = await startLegacy();
      const { listener } = running;
      const { socket, client } = await running.pair(only);
      const { messages, upTo } = collect(socket);
      const atServer: unknown[] = [];
      listener.addListener("clientMessage", (message) => atServer.push(message));
      const expected: string[] = [];
      for (let round = 0; round < 3; round++) {
        const texts = [
          `${round}: before`,
          `${round}: during, to it`,
          `${round}: during, to all`,
          `${round}: after`,
        ];
        expected.push(...texts);
        const [before, during, all, after] = texts as [string, string, string, string];
        client.send(before);
        await upTo(before);
        await lose(running, socket, client);
        client.send(during);
        listener.broadcast(all);
        listener.broadcast("not for it", client.sessionId);
        socket.send(`${round}`);
        const back = next(socket, "connect");
        socket.connect();
        await back;
        client.send(after);
        await upTo(after);
        // what a client sends may be lost with its connection
        await eventually(() => atServer.length === round + 1);
      }
      expect(messages).to.eql(expected);
      expect(atServer).to.eql(["0", "1", "2"]);
      expect(listener.clients).to.eql([client]);
      expect(client.connections).to.be(4);
      expect(socket.sessionId).to.be(client.sessionId);
    });

    it("is resumed after a long time without messages [L59]", async () => {
      const clock = stopWindows();
      const running = await startLegacy();
      const { listener } = running;
      const { socket, client } = await running.pair(only);
      const { upTo } = collect(socket);
      for (let passed = 0; passed < 10 * 60_000; passed += 25_000) {
        const [conn] = Object.values(
          (listener.io.engine as unknown as { clients: Record<string, any> }).clients,
        );
        const answered = nextValue(conn, "heartbeat");
        // the timers of the engine run in real time
        conn.sendPacket("ping");
        await answered;
        clock.tick(25_000);
      }
      await lose(running, socket, client);
      client.send("missed");
      clock.tick(7_000);
      socket.connect();
      expect(await upTo("missed")).to.eql(["missed"]);
      expect(client.connections).to.be(2);
    });

    it("is not resumed by itself, but when the program calls connect() [L60]", async () => {
      const clock = stopWindows();
      const running = await startLegacy();
      const { socket, client } = await running.pair(only);
      await lose(running, socket, client);
      let handshakes = 0;
      running.listener.io.engine.on("connection", () => handshakes++);
      clock.tick(7_999);
      await new Promise((resolve) => setTimeout(resolve, 1));
      expect([handshakes, socket.connected, socket.connecting]).to.eql([0, false, false]);
      const back = next(socket, "connect");
      socket.connect();
      await back;
      await eventually(() => client.connections === 2);
      expect(socket.sessionId).to.be(client.sessionId);
      expect(running.listener.clients).to.eql([client]);
    });

    it("is resumed after disconnect() too, within `timeout` [L60]", async () => {
      const { pair, listener } = await startLegacy();
      const { socket, client } = await pair(only);
      const { upTo } = collect(socket);
      socket.disconnect();
      await eventually(() => !client.connected);
      client.send("missed");
      socket.connect();
      await upTo("missed");
      expect(client.connections).to.be(2);
      expect(listener.clients).to.eql([client]);
    });

    it("works in the dialect of 0.5, with objects too [L63]", async () => {
      const { listener, socket } = await startLegacy({ timeout: 1 });
      const atServer: unknown[] = [];
      const texts: unknown[] = [];
      listener.on("clientMessage", (message) => texts.push(message));
      listener.on("connection", (client) => {
        client.send({ welcome: [1, "é"] });
        client.on("message", function (this: unknown, message) {
          expect(this).to.be(client);
          atServer.push(message);
          client.send(message);
        });
        client.on("disconnect", () => atServer.push("disconnected"));
      });
      const atClient: unknown[] = [];
      const one = socket(only);
      one.on("connect", () => atClient.push("connected"));
      one.on("message", (message) => atClient.push(message));
      one.on("disconnect", () => atClient.push("disconnected"));
      one.connect();
      one
        .send("text")
        .send({ a: { b: null } })
        .send(5)
        .send(null);
      await eventually(() => atClient.length === 6);
      one.disconnect();
      await eventually(() => atServer.length === 5);
      expect(atServer).to.eql(["text", { a: { b: null } }, "5", "null", "disconnected"]);
      expect(texts).to.eql(["text", '{"a":{"b":null}}', "5", "null"]);
      expect(atClient).to.eql([
        "connected",
        { welcome: [1, "é"] },
        "text",
        { a: { b: null } },
        "5",
        "null",
        "disconnected",
      ]);
    });

    it("leaves no timer after close(), with clients that are connected and away [L66]", async () => {
      const { code, stdout, stderr } = await runNode([
        "--import",
        "tsx",
        "--input-type=commonjs",
        "-e",
        `const { listen } = require("./lib/legacy");
         const { Socket } = require("./lib/legacy/client");
         const server = require("node:http").createServer();
         const events = [];
         const listener = listen(server, {
           log: false,
           timeout: 1e8,
           onClientDisconnect: ({ connected }) => events.push(connected),
         });
         server.listen(0, () => {
           const options = { port: server.address().port, transports: ["${way}"] };
           const [first, second] = [new Socket("localhost", options), new Socket("localhost", options)];
           first.addEvent("connect", () => second.connect());
           second.addEvent("connect", () => {
             const { io } = listener;
             listener.namespace.sockets.get(first.sessionId).on("disconnect", async () => {
               await listener.close();
               events.push(listener.clients, Object.keys(listener.clientsIndex));
               second.disconnect();
               process.stdout.write(JSON.stringify(events));
             });
             first.disconnect();
           });
           first.connect();
         });`,
      ]);
      // the program has ended by itself
      expect({ code, stdout, stderr }).to.eql({
        code: 0,
        stdout: "[false,false,[null,null],[]]",
        stderr: "",
      });
    });
  });
}

ownSuite("a session of Socket.IO 0.x on the wire", () => {
  it("begins with a JSON object with its id, which is used from then on [L58]", async () => {
    const running = await startLegacy();
    const wire = await openWire(`http://localhost:${running.port}`);
    const connected = next(running.listener, "clientConnect");
    expect(await wire.join(NAMESPACE)).to.match(/^40\/socket\.io\/legacy,\{"sid":"/);
    const [client] = (await connected) as [LegacyClient];
    const [, name, handshake] =
      /^42\/socket\.io\/legacy,\["(\w+)",(\{.*?\})/.exec(String(await wire.next())) ?? [];
    expect(name).to.be("handshake");
    expect(JSON.parse(handshake as string)).to.eql({ sessionid: client.sessionId, timeout: 8000 });

    const { socket, client: other } = await running.pair();
    const id = socket.sessionId;
    expect(id).to.be(other.sessionId);
    await lose(running, socket, other);
    const back = next(socket, "connect");
    socket.connect();
    await back;
    expect([socket.sessionId, other.sessionId]).to.eql([id, id]);
  });

  it("receives several messages in one response, after the handshake [L61]", async () => {
    const { port } = await startLegacy({
      onClientConnect: (client) => client.send("one").send("two").broadcast("no"),
      onConnection: (client) => client.send("three"),
    });
    const polling = await openPolling(`http://localhost:${port}`);
    await polling.post(`40${NAMESPACE},`);
    const packets = await polling.poll();
    expect(packets.map((packet) => packet.replace(/,".*|\{.*/, ""))).to.eql([
      `40${NAMESPACE},`,
      `42${NAMESPACE},["handshake",`,
      `42${NAMESPACE},["message"`,
      `42${NAMESPACE},["message"`,
      `42${NAMESPACE},["message"`,
    ]);
    expect(packets.slice(2).map((packet) => /"message","(\w+)"/.exec(packet)?.[1])).to.eql([
      "one",
      "two",
      "three",
    ]);
  });

  it("is not taken over with its id alone [L64]", async () => {
    const running = await startLegacy();
    const { listener, port, pair } = running;
    const { socket, client } = await pair();
    await lose(running, socket, client);
    client.send("a secret");
    for (const auth of [
      { pid: client.sessionId, offset: client.sessionId },
      { sid: client.sessionId, sessionid: client.sessionId },
    ]) {
      const thief = await openWire(`http://localhost:${port}`);
      const answer = String(await thief.join(NAMESPACE, auth));
      expect(answer).not.to.contain(client.sessionId);
      expect(String(await thief.next())).to.contain('["handshake",');
      thief.ws.close();
    }
    const { upTo } = collect(socket);
    socket.connect();
    await upTo("a secret");
    expect(client.connections).to.be(2);
    expect(listener.clients.indexOf(client)).to.be(0);
  });

  it("survives what a client may send instead of messages", async () => {
    const { listener, port, pair } = await startLegacy();
    const heard: unknown[] = [];
    listener.addListener("clientMessage", (message) => heard.push(message));
    const wire = await openWire(`http://localhost:${port}`);
    await wire.join(NAMESPACE);
    const packet = (data: string) => `42${NAMESPACE},${data}`;
    wire.send(
      packet('["message"]'),
      packet('["message",null,{}]'),
      packet('["message",{"toString":1,"toJSON":{}}]'),
      packet('["message",[[]]]'),
      packet('["handshake",{"sessionid":"other"}]'),
      packet('["message","end"]'),
    );
    await eventually(() => heard.at(-1) === "end");
    expect(heard).to.eql(["undefined", "null", '{"toString":1,"toJSON":{}}', "[[]]", "end"]);
    await pair();
  });

  it("leaves clients of today to today's server [L65]", async () => {
    const running = await startLegacy();
    const { listener, port } = running;
    const connected = nextValue(listener.io, "connection");
    const modern = connectClient(`http://localhost:${port}`);
    const socket = await connected;
    expect(
      await new Promise((resolve) => {
        socket.on("hello", (name: string, answer: (text: string) => void) => answer(`hello, ${name}`));
        modern.emit("hello", "world", resolve);
      }),
    ).to.be("hello, world");
    expect(modern.io.engine.transport.name).to.match(/polling|websocket/);
    expect(listener.clients).to.eql([]);

    const { socket: old, client } = await running.pair();
    const received: unknown[] = [];
    modern.on("for today's clients", (value) => received.push(value));
    modern.on("message", (value) => received.push(value));
    const { upTo } = collect(old);
    listener.io.emit("for today's clients", 1);
    listener.broadcast("for the others");
    await upTo("for the others");
    await eventually(() => received.length === 1);
    expect(received).to.eql([1]);
    // a program that migrates reaches the old clients by today's API
    listener.namespace.to(client.sessionId).emit("message", "by today's API");
    await upTo("by today's API");
    const gone = nextEvent(socket, "disconnect");
    modern.disconnect();
    await gone;
    expect(listener.clients).to.eql([client]);
  });

  it("ends at once when the program closes today's server", async () => {
    const { listener, pair } = await startLegacy();
    await pair();
    const gone = next(listener, "clientDisconnect");
    await listener.io.close();
    await gone;
    expect(listener.clients).to.eql([null]);
  });
});
