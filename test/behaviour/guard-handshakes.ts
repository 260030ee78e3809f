import { createServer } from "node:http";
import expect from "expect.js";
import { stopClock } from "../support/clock";
import { guardMessages, refusalMessages } from "../support/guard-messages";
import { askHandshake } from "../support/http";
import { ownSuite } from "../support/own-tests";
import { answerOfUpgrade, refusedNames, statusesOf } from "../support/refusals";
import { listen, startServer } from "../support/server";
import { Server } from "../support/subject";
import { connectV2 } from "../support/v2-client";
import { eventually, nextEvent, nextValue } from "../support/waiting";
import { openPolling, openWire } from "../support/wire";

ownSuite("limits.handshakesPerSecond", () => {
  it("withstands a flood of handshakes from one address, and serves others [security 7]", async () => {
    const clock = stopClock();
    const running = await startServer({ limits: { handshakesPerSecond: 5 }, trustProxy: 1 });
    const { io, url } = running;
    const names = refusedNames(io);
    const told = refusalMessages(running);
    const flood = { headers: { "X-Forwarded-For": "192.0.2.1" } };
    const answers = await Promise.all(Array.from({ length: 50 }, () => askHandshake(url, flood)));
    expect(answers.filter(({ status }) => status === 200).length).to.be(5);
    expect(io.engine.clientsCount).to.be(5);
    expect(names).to.eql(Array(45).fill("HANDSHAKE_RATE"));
    expect(told.map(({ code, address }) => [code, address])).to.eql(names.map((name) => [name, "192.0.2.1"]));
    expect((await answerOfUpgrade(running.port, undefined, flood.headers)).status).to.be(400);
    expect(
      await (await openWire(url, "EIO=4", { headers: { "X-Forwarded-For": "192.0.2.2" } })).join(),
    ).to.contain('"sid"');
    clock.tick(200);
    expect(await statusesOf(running, flood.headers)).to.eql({ polling: 200, websocket: 400 });
  });

  it("is checked before a function for origins, and before allowRequest [security 7, 12]", async () => {
    let asked = 0;
    const { url } = await startServer({
      limits: { handshakesPerSecond: 1 },
      allowedOrigins: () => ++asked > 0,
      allowRequest: (_req, done) => done(null, ++asked > 0),
    });
    const headers = { Origin: "https://app.example" };
    await askHandshake(url, { headers });
    expect((await askHandshake(url, { headers })).status).to.be(403);
    expect(asked).to.be(2);
  });

  it("does not count pages with a forbidden origin [security 7, 12]", async () => {
    const running = await startServer({
      limits: { handshakesPerSecond: 1 },
      allowedOrigins: "https://app.example",
    });
    await statusesOf(running, { Origin: "https://evil.example" });
    expect((await askHandshake(running.url, { headers: { Origin: "https://app.example" } })).status).to.be(
      200,
    );
  });
});

ownSuite("limits.idleHandshakeMs", () => {
  it("drops a polling session that never sends a packet, at once and permanently [security 7]", async () => {
    const clock = stopClock();
    const { io, url } = await startServer({ limits: { idleHandshakeMs: 2_000 } });
    const told = guardMessages(io);
    await Promise.all(Array.from({ length: 20 }, () => openPolling(url)));
    const honest = await openPolling(url);
    await honest.join();
    expect(io.engine.clientsCount).to.be(21);
    clock.tick(1_999);
    expect(io.engine.clientsCount).to.be(21);
    clock.tick(1);
    expect(io.engine.clientsCount).to.be(1);
    expect(told.map(({ code }) => code)).to.eql(Array(20).fill("IDLE_HANDSHAKE"));
    io.emit("hello");
    expect(await honest.next()).to.be('42["hello"]');
  });

  it("closes a WebSocket that never sends a packet [security 7]", async () => {
    const clock = stopClock();
    const { io, url } = await startServer({ limits: { idleHandshakeMs: 2_000 } });
    const told = guardMessages(io);
    const wire = await openWire(url);
    clock.tick(2_000);
    await wire.closed;
    await eventually(() => io.engine.clientsCount === 0);
    expect(told.map(({ code }) => code)).to.eql(["IDLE_HANDSHAKE"]);
  });

  it("does not apply to a client whose CONNECT is pending, which may wait until connectTimeout [security 7]", async () => {
    const clock = stopClock();
    const { io, url } = await startServer({ limits: { idleHandshakeMs: 2_000 }, connectTimeout: 5_000 });
    const told = guardMessages(io);
    let letIn: (() => void) | undefined;
    io.use((_socket, next) => {
      letIn = next;
    });
    const [patient, late] = [await openWire(url), await openWire(url)];
    patient.send("40");
    await eventually(() => letIn);
    const letPatientIn = letIn as unknown as () => void;
    late.send("40");
    await eventually(() => letIn !== letPatientIn);
    clock.tick(4_999);
    letPatientIn();
    expect(await patient.next()).to.contain('"sid"');
    clock.tick(1);
    await late.closed;
    expect(told).to.eql([]);
    expect(io.engine.clientsCount).to.be(1);
  });

  it("is connectTimeout by default; the client can then fetch the close packet [security 7]", async () => {
    const clock = stopClock();
    const { io, url } = await startServer({ connectTimeout: 3_000 });
    const told = guardMessages(io);
    const polling = await openPolling(url);
    clock.tick(2_999);
    expect(told).to.eql([]);
    clock.tick(1);
    expect(told.map(({ code }) => code)).to.eql(["IDLE_HANDSHAKE"]);
    expect(await polling.next()).to.be("1");
    await eventually(() => io.engine.clientsCount === 0);
  });

  it("does not apply to clients of version 2, which join without CONNECT [security 7]", async () => {
    const clock = stopClock();
    const { io, url } = await startServer({ allowEIO3: true, limits: { idleHandshakeMs: 1_000 } });
    const connected = nextValue(io, "connection");
    const client = connectV2(url);
    const ready = nextEvent(client, "connect");
    const socket = await connected;
    await ready;
    clock.tick(5_000);
    client.emit("hello");
    await nextEvent(socket, "hello");
  });
});

describe("the path of the engine", () => {
  it("matches paths below it, and no paths that only begin with it [security 14]", async () => {
    const httpServer = createServer((_req, res) => res.end("mine"));
    const { url, port } = await listen(new Server(httpServer, { destroyUpgradeTimeout: 1 }), httpServer);
    expect((await askHandshake(url, {}, "/socket.io/evil")).text).to.contain('"sid"');
    expect((await answerOfUpgrade(port, "/socket.io/evil?EIO=4&transport=websocket")).status).to.be(101);
    expect((await askHandshake(url, {}, "/socket.iofoo")).text).to.be("mine");
    const taken = nextEvent(httpServer, "upgrade");
    const answer = answerOfUpgrade(port, "/socket.iofoo?EIO=4&transport=websocket");
    const [, stream] = await taken;
    await nextEvent(stream, "close");
    expect(stream.bytesWritten).to.be(0);
    answer.catch(() => {});
  });
});
