import expect from "expect.js";
import { stopClock } from "../support/clock";
import { openHand, startSlow } from "../support/held-middleware";
import { ownSuite } from "../support/own-tests";
import { connectRecoverable } from "../support/recoverable-client";
import { startServer } from "../support/server";
import { connectV2 } from "../support/v2-client";
import { eventually, nextEvent, nextEvents, nextValue } from "../support/waiting";
import { openWire } from "../support/wire";

// the reference server runs the middleware for each CONNECT at once, and closes the connection on a DISCONNECT meanwhile

ownSuite("a client that sends CONNECT again while a function decides on the namespace", () => {
  async function startDeciding() {
    const running = await startServer({ cleanupEmptyChildNamespaces: true });
    const asked: { auth: unknown; answer: (error: Error | null, allowed: boolean) => void }[] = [];
    running.io.of((_name, auth, answer) => asked.push({ auth, answer })).on("connection", () => {});
    return { ...running, asked, hand: await openHand(running, "websocket") };
  }

  it("causes one call of the function, and joins once [43, 44]", async () => {
    const { io, asked, hand } = await startDeciding();
    await hand.send("40/a,", "40/a,");
    await eventually(() => asked.length === 1);
    asked[0].answer(null, true);
    expect(await hand.next()).to.match(/^40\/a,/);
    expect(io.of("/a").sockets.size).to.be(1);
    expect(asked).to.have.length(1);
  });

  it("causes another call with the latest auth if the first is refused [43, 44]", async () => {
    const { asked, hand } = await startDeciding();
    await hand.send('40/a,{"n":1}', '40/a,{"n":2}');
    await eventually(() => asked.length === 1);
    await new Promise(setImmediate);
    asked[0].answer(null, false);
    await eventually(() => asked.length === 2);
    expect(asked[1].auth).to.eql({ n: 2 });
    asked[1].answer(null, false);
    expect(await hand.next()).to.be('44/a,{"message":"Invalid namespace"}');
  });

  it("and disconnects meanwhile leaves no namespace behind [43, 44]", async () => {
    const { io, asked, hand } = await startDeciding();
    await hand.send("40/a,", "41/a,");
    await eventually(() => asked.length === 1);
    await new Promise(setImmediate);
    asked[0].answer(null, true);
    await eventually(() => !io._nsps.has("/a"));
    await hand.send("40/a,");
    await eventually(() => asked.length === 2);
    asked[1].answer(null, true);
    expect(await hand.next()).to.match(/^40\/a,/);
  });
});

ownSuite("a client of version 2 that sends CONNECT again", () => {
  it("receives the answer to the latest CONNECT [44, 85]", async () => {
    const running = await startSlow({ allowEIO3: true });
    const { runs, chat, url } = running;
    const client = connectV2(`${url}/chat`);
    await eventually(() => runs.length === 1);
    const { socket } = runs[0];
    const errors: unknown[] = [];
    client.on("error", (error: unknown) => errors.push(error));
    const arrived = nextEvent(socket.conn, "packet");
    (client as unknown as { io: { engine: { write(packet: string): void } } }).io.engine.write("0/chat");
    await arrived;
    runs[0].next(new Error("no"));
    await eventually(() => runs.length === 2);
    runs[1].next();
    await eventually(() => client.connected);
    expect(errors).to.eql([]);
    expect(chat._preConnectSockets.size).to.be(0);
    expect(socket.connected).to.be(false);
  });
});

ownSuite("with connection state recovery, a client that sends CONNECT again during its recovery", () => {
  it("recovers its session once [44, 74]", async () => {
    const running = await startSlow({ connectionStateRecovery: { skipMiddlewares: false } });
    const { runs, chat } = running;
    chat.use((_socket, next) => next());
    const admitNext = (index: number) => eventually(() => runs.length > index).then(() => runs[index].next());
    const admitted = admitNext(0);
    const member = await connectRecoverable(running, "/chat");
    await admitted;
    const { id } = member.client;
    await member.cut();
    chat.emit("missed", 1);
    const missed = nextValue(member.client, "missed");
    member.client.connect();
    await eventually(() => runs.length === 2);
    const { socket } = runs[1];
    expect(socket.recovered).to.be(true);
    const arrived = nextEvents(socket.conn, "packet", 2);
    member.client.connect();
    member.client.connect();
    await arrived;
    runs[1].next(new Error("not yet"));
    await eventually(() => runs.length === 3);
    expect(runs[2].socket.recovered).to.be(true);
    const ready = nextEvent(member.client, "connect");
    runs[2].next();
    await ready;
    expect(await missed).to.be(1);
    expect(member.client.recovered).to.be(true);
    expect(member.client.id).to.be(id);
    expect([...chat.sockets.keys()]).to.eql([id]);
    expect(chat._preConnectSockets.size).to.be(0);
  });

  it("and disconnects recovers its session when it connects again [44, 74]", async () => {
    const running = await startSlow({ connectionStateRecovery: { skipMiddlewares: false } });
    const { runs, chat } = running;
    eventually(() => runs.length > 0).then(() => runs[0].next());
    const member = await connectRecoverable(running, "/chat");
    const { id } = member.client;
    const { _pid: pid, _lastOffset: offset } = member.client as unknown as Record<string, string>;
    await member.cut();
    const hand = await openHand(running, "websocket");
    const packet = `40/chat,${JSON.stringify({ pid, offset })}`;
    await hand.send(packet);
    await eventually(() => runs.length === 2);
    await hand.send("41/chat,", packet);
    await eventually(() => chat._preConnectSockets.size === 0);
    runs[1].next();
    await eventually(() => runs.length === 3);
    expect(runs[2].socket.recovered).to.be(true);
    runs[2].next();
    expect(JSON.parse(String(await hand.next()).slice("40/chat,".length))).to.eql({ sid: id, pid });
    expect([...chat.sockets.keys()]).to.eql([id]);
  });
});

ownSuite("a client that sends CONNECT repeatedly while a middleware never decides", () => {
  it("is closed after connectTimeout [21, 44]", async () => {
    const clock = stopClock();
    const { io, url } = await startServer({ connectTimeout: 300 });
    let runs = 0;
    io.use(() => {
      runs++;
    });
    const wire = await openWire(url);
    wire.send("40", "41", "40", "40");
    await eventually(() => runs === 1);
    clock.tick(300);
    await wire.closed;
    expect(runs).to.be(1);
    expect(io.sockets._preConnectSockets.size).to.be(0);
  });
});
