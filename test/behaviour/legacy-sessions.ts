/** Sessions and messages of Socket.IO 0.x on the wire of today; the numbers are the rows of docs/legacy.md. */
import expect from "expect.js";
import { stopClock } from "../support/clock";
import { collect, lose, next, startLegacy, WAYS } from "../support/legacy";
import { ownSuite } from "../support/own-tests";
import { runNode } from "../support/repository";
import { eventually, nextValue } from "../support/waiting";

/** A clock that is stopped for all but the timers of the client's polling. */
const stopWindows = () => stopClock({ shortest: 1_000 });

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
