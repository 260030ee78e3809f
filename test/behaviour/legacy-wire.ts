/** Clients of Socket.IO 0.x on the wire, and beside clients of today; the numbers are the rows of docs/legacy.md. */
import expect from "expect.js";
import { Bus, clusterAdapter } from "../support/cluster";
import { collect, type LegacyClient, lose, next, startLegacy } from "../support/legacy";
import { ownSuite } from "../support/own-tests";
import { connectClient } from "../support/server";
import { eventually, nextEvent, nextValue } from "../support/waiting";
import { openPolling, openWire } from "../support/wire";

const NAMESPACE = "/socket.io/legacy";

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
      packet('1["message"]'),
      packet('["message",null,{}]'),
      packet('["message",{"toString":1,"toJSON":{}}]'),
      packet('["message",[[]]]'),
      packet('["handshake",{"sessionid":"other"}]'),
      packet('["message","end"]'),
    );
    await eventually(() => heard.at(-1) === "end");
    expect(heard).to.eql(["undefined", "undefined", "null", '{"toString":1,"toJSON":{}}', "[[]]", "end"]);
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

  it("receives what another server of the cluster broadcasts", async () => {
    const bus = new Bus();
    const io = { adapter: clusterAdapter(bus), connectionStateRecovery: undefined };
    const [one, other] = [await startLegacy({ io }), await startLegacy({ io })];
    const [here, there] = [await one.pair(), await other.pair()];
    const [atHere, atThere] = [collect(here.socket), collect(there.socket)];
    one.listener.broadcast("for the other", here.client.sessionId);
    other.listener.broadcast("for all");
    await Promise.all([atHere.upTo("for all"), atThere.upTo("for all")]);
    await atThere.upTo("for the other");
    expect(atHere.messages).to.eql(["for all"]);
    expect(one.listener.clients).to.have.length(1);
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
