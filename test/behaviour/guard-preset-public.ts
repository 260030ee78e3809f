import expect from "expect.js";
import { allGuardMessages } from "../support/guard-messages";
import { joinMore, joinWire } from "../support/joined";
import { ownSuite } from "../support/own-tests";
import { type ClientSocket, type Running, startServer } from "../support/server";
import { eventually, nextEvent, nextValue, roundTrip } from "../support/waiting";
import { connectPacket } from "../support/wire";

/** Starts a server whose handlers answer, and send what they receive to all clients of a room. */
async function startChat(options: object = {}): Promise<Running> {
  const running = await startServer({ limits: "public", ...options });
  running.io.on("connection", (socket) => {
    socket.join("chat");
    socket.on("say", (text) => running.io.to("chat").emit("said", text));
    socket.on("file", (file, answer) => answer(file));
    socket.on("round trip", (answer) => answer());
  });
  return running;
}

ownSuite('limits: "public" and an honest application', () => {
  it("20 clients of one address connect, are cut together, and reconnect at once [security 7]", async () => {
    const running = await startChat();
    const told = allGuardMessages();
    const clients: ClientSocket[] = [];
    for (let i = 0; i < 20; i++) {
      const client = running.connect("/", { reconnectionDelay: 0, randomizationFactor: 0 });
      clients.push(client);
    }
    await Promise.all(clients.map((client) => nextEvent(client, "connect")));
    const back = clients.map((client) => nextEvent(client, "connect"));
    for (const client of clients) {
      client.io.engine.close();
    }
    await Promise.all(back);
    await Promise.all(clients.map((client) => roundTrip(client)));
    expect(told).to.eql([]);
  });

  for (const transports of [["websocket"], ["polling"], ["polling", "websocket"]]) {
    it(`a message of 900 kB, and its answer, over ${transports.join(" and ")} [security 6] [security 15]`, async () => {
      const running = await startChat();
      const told = allGuardMessages();
      const { client } = await running.pair("/", { transports });
      const file = "x".repeat(900_000);
      expect((await client.emitWithAck("file", file)) === file).to.be(true);
      expect(told).to.eql([]);
    });
  }

  it("a message of the maximum size, if that is larger than the default [security 15]", async () => {
    const { pair } = await startChat({ maxHttpBufferSize: 5_000_000, pingTimeout: 60_000 });
    const told = allGuardMessages();
    const { client } = await pair("/", { transports: ["websocket"] });
    const file = "x".repeat(4_990_000);
    expect((await client.emitWithAck("file", file)) === file).to.be(true);
    expect(told).to.eql([]);
  });

  it("a chat in which each client sends 50 events at once [security 15]", async () => {
    const running = await startChat();
    const told = allGuardMessages();
    const { client: a } = await running.pair("/", { transports: ["websocket"] });
    const { client: b } = await running.pair();
    let heard = 0;
    for (const client of [a, b]) {
      client.on("said", () => heard++);
    }
    for (let i = 0; i < 50; i++) {
      a.emit("say", `a ${i}`);
      b.emit("say", `b ${i}`);
    }
    await eventually(() => heard === 200);
    expect(told).to.eql([]);
  });

  it("a message above 16 MiB for a client that has read everything [security 6]", async () => {
    const running = await startChat();
    const told = allGuardMessages();
    const { client, socket } = await running.pair("/", { transports: ["websocket"] });
    const text = nextValue<string>(client, "text");
    socket.emit("text", "x".repeat(17 * 1024 * 1024));
    expect(await text).to.have.length(17 * 1024 * 1024);
    expect(told).to.eql([]);
  });
});

ownSuite('limits: "public"', () => {
  it("limits events, CONNECT packets, namespaces, rooms and depth [security 15] [security 26]", async () => {
    const running = await startServer({ limits: "public" });
    const codes = allGuardMessages();
    running.io.of(/^\/n\d+$/);
    const flooding = await joinWire(running);
    const left = nextEvent(flooding.socket, "disconnect");
    flooding.wire.send(...Array(900).fill('42["x"]'));
    const [, description] = await left;
    expect(description.code).to.be("EVENT_RATE");
    const { wire, socket } = await joinWire(running);
    wire.send(connectPacket("/n0", { token: "x".repeat(100_000) }));
    expect(await wire.next()).to.contain("CONNECT_TOO_LARGE");
    for (let i = 1; i < 50; i++) {
      await joinMore(running.io, wire, `/n${i}`);
    }
    expect(await wire.join("/n50")).to.contain("NAMESPACE_LIMIT");
    const deep = nextValue(socket, "error");
    wire.send(`42["x",${"[".repeat(100)}${"]".repeat(100)}]`);
    expect((await deep).code).to.be("PAYLOAD_TOO_DEEP");
    const roomy = await joinWire(running);
    roomy.socket.join(Array.from({ length: 1_000 }, (_, i) => `room ${i}`));
    await roomy.wire.next();
    expect(roomy.socket.connected).to.be(false);
    expect([...new Set(codes.map(({ code }) => code))]).to.eql([
      "EVENT_RATE",
      "CONNECT_TOO_LARGE",
      "NAMESPACE_LIMIT",
      "PAYLOAD_TOO_DEEP",
      "ROOM_LIMIT",
    ]);
  });

  it("gives way to limits of the application [security 15]", async () => {
    const running = await startServer({
      limits: { preset: "public", eventsPerSecond: Number.POSITIVE_INFINITY, roomsPerSocket: 2 },
      maxPayloadDepth: 1_000,
    });
    const { wire, socket } = await joinWire(running);
    let heard = 0;
    const last = nextEvent(socket, "last");
    socket.on("x", () => heard++);
    wire.send(...Array(2_000).fill(`42["x",${"[".repeat(150)}${"]".repeat(150)}]`), '42["last"]');
    await last;
    expect(heard).to.be(2_000);
    socket.join(["a", "b"]);
    await wire.next();
    expect(socket.connected).to.be(false);
  });
});
