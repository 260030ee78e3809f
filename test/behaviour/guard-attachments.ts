import { createServer } from "node:http";
import expect from "expect.js";
import { stopClock } from "../support/clock";
import { itOnFastPath } from "../support/fast-path";
import { allGuardMessages } from "../support/guard-messages";
import { honestClient } from "../support/honest-client";
import { joinPolling, joinWire } from "../support/joined";
import { announcement } from "../support/malformed-input";
import { ownSuite } from "../support/own-tests";
import { listen, startServer } from "../support/server";
import { Server } from "../support/subject";
import { nextEvent } from "../support/waiting";

ownSuite("announced attachments that do not arrive", () => {
  for (const sent of [0, 2]) {
    it(`close the connection after attachmentTimeout, when ${sent} of 3 have arrived [security 9]`, async () => {
      const running = await startServer({ attachmentTimeout: 20 });
      const isServed = await honestClient(running);
      const told = allGuardMessages();
      const { wire, socket } = await joinWire(running);
      const disconnected = nextEvent(socket, "disconnect");
      wire.send(announcement(3), ...Array.from({ length: sent }, () => Buffer.alloc(10)));
      const [reason, description] = await disconnected;
      expect([reason, description.code]).to.eql(["forced server close", "ATTACHMENT_TIMEOUT"]);
      expect(description.message).to.be("An attachment of a packet did not arrive within 20 ms");
      expect(await wire.closed).to.be(1008);
      expect(told.map(({ code, conn }) => [code, conn])).to.eql([["ATTACHMENT_TIMEOUT", socket.conn]]);
      await isServed();
    });
  }

  it("close a polling connection too [security 9]", async () => {
    const running = await startServer({ attachmentTimeout: 20 });
    const { polling, socket } = await joinPolling(running);
    const disconnected = nextEvent(socket, "disconnect");
    await polling.post(announcement(1));
    expect((await disconnected)[1].code).to.be("ATTACHMENT_TIMEOUT");
  });

  it("close the connection after pingInterval and pingTimeout by default [security 9]", async () => {
    const clock = stopClock();
    const { wire, socket } = await joinWire(await startServer());
    const disconnected = nextEvent(socket, "disconnect");
    const announced = nextEvent(socket.conn, "data");
    wire.send(announcement(1));
    await announced;
    clock.tick(44_999);
    expect(socket.connected).to.be(true);
    clock.tick(1);
    expect((await disconnected)[1].message).to.contain("within 45000 ms");
  });

  it("close the connection when the next attachment is late, however many have arrived [security 9]", async () => {
    const clock = stopClock();
    const { wire, socket } = await joinWire(await startServer({ attachmentTimeout: 20 }));
    const disconnected = nextEvent(socket, "disconnect");
    for (const message of [announcement(3), Buffer.from([1]), Buffer.from([2])]) {
      const came = nextEvent(socket.conn, "data");
      wire.send(message);
      await came;
      clock.tick(19);
      expect(socket.connected).to.be(true);
    }
    clock.tick(1);
    expect((await disconnected)[1].code).to.be("ATTACHMENT_TIMEOUT");
  });

  it("close the connection after the time that was passed to attach() [security 9]", async () => {
    const io = new Server();
    const httpServer = createServer();
    io.attach(httpServer, { attachmentTimeout: 20 });
    const { wire, socket } = await joinWire(await listen(io, httpServer));
    const disconnected = nextEvent(socket, "disconnect");
    wire.send(announcement(1));
    expect((await disconnected)[1].code).to.be("ATTACHMENT_TIMEOUT");
  });

  it("close the connection, though those of earlier packets have arrived [security 9]", async () => {
    const clock = stopClock();
    const running = await startServer({ attachmentTimeout: 20 });
    const { wire, socket } = await joinWire(running);
    const heard = nextEvent(socket, "files");
    wire.send(announcement(1), Buffer.from([1]));
    expect(await heard).to.eql([Buffer.from([1])]);
    const disconnected = nextEvent(socket, "disconnect");
    const announced = nextEvent(socket.conn, "data");
    wire.send(announcement(1));
    await announced;
    clock.tick(20);
    expect((await disconnected)[1].code).to.be("ATTACHMENT_TIMEOUT");
  });
});

describe("an empty message while attachments are expected", () => {
  it("closes the connection that sent it, and no other [83, security 9]", async () => {
    const running = await startServer();
    const isServed = await honestClient(running);
    const { wire, socket } = await joinWire(running);
    const [told, gone] = [nextEvent(socket, "error"), nextEvent(socket, "disconnect")];
    wire.send(announcement(1), "4");
    expect((await told)[0]).to.be.a(TypeError);
    expect((await gone)[0]).to.be("forced close");
    await wire.closed;
    await isServed();
  });

  it("does the same over long-polling [83, security 9]", async () => {
    const running = await startServer();
    const isServed = await honestClient(running);
    const { polling, socket } = await joinPolling(running);
    const gone = nextEvent(socket, "disconnect");
    await polling.post(announcement(1), "4");
    await polling.poll();
    expect((await gone)[0]).to.be("forced close");
    await isServed();
  });
});

describe("attachments that arrive", () => {
  it("do not limit how long the connection may be silent afterwards [84]", async () => {
    const clock = stopClock();
    const running = await startServer({ attachmentTimeout: 20 });
    const { wire, socket } = await joinWire(running);
    for (let i = 0; i < 3; i++) {
      const heard = nextEvent(socket, "files");
      wire.send(announcement(2), Buffer.from([i]), Buffer.from([i]));
      expect(await heard).to.eql([Buffer.from([i]), Buffer.from([i])]);
    }
    clock.tick(1_000);
    const heard = nextEvent(socket, "files");
    wire.send(announcement(1), Buffer.from([9]));
    expect(await heard).to.eql([Buffer.from([9])]);
  });
});

describe("the attachments of one packet", () => {
  it("may have maxHttpBufferSize bytes each [84]", async () => {
    const running = await startServer({ maxHttpBufferSize: 1_000 });
    const { wire, socket } = await joinWire(running);
    const heard = nextEvent(socket, "files");
    wire.send(announcement(10), ...Array.from({ length: 10 }, () => Buffer.alloc(1_000)));
    expect((await heard).map((bytes) => bytes.length)).to.eql(Array(10).fill(1_000));
  });

  for (const transport of ["websocket", "polling"] as const) {
    it(`may be five of 300 kB, from a client over ${transport} [84]`, async () => {
      const running = await startServer();
      const { client, socket } = await running.pair("/", { transports: [transport] });
      const heard = nextEvent(socket, "files");
      client.emit(
        "files",
        Array.from({ length: 5 }, () => Buffer.alloc(300_000)),
      );
      const [files] = await heard;
      expect(files.map((bytes: Buffer) => bytes.length)).to.eql(Array(5).fill(300_000));
    });
  }

  it("may not exceed it by one byte [84]", async () => {
    const running = await startServer({ maxHttpBufferSize: 1_000 });
    const { wire, socket } = await joinWire(running);
    const disconnected = nextEvent(socket, "disconnect");
    wire.send(announcement(2), Buffer.alloc(1_000), Buffer.alloc(1_001));
    expect((await disconnected)[0]).to.be("transport error");
  });
});

ownSuite("a message that is too large", () => {
  for (const [what, send] of [
    ["as text", (ws: any) => ws.send(`42["event","${"x".repeat(200)}"]`)],
    ["as bytes", (ws: any) => ws.send(Buffer.alloc(200))],
    [
      "in fragments",
      (ws: any) => {
        ws.send(`42["event","${"x".repeat(60)}`, { fin: false });
        ws.send("x".repeat(60), { fin: false });
      },
    ],
  ] as const) {
    it(`for a WebSocket ${what} ends the connection with PAYLOAD_TOO_LARGE [security 9]`, async () => {
      const running = await startServer({ maxHttpBufferSize: 100 });
      const isServed = await honestClient(running);
      const told = allGuardMessages();
      const { wire, socket } = await joinWire(running);
      const disconnected = nextEvent(socket, "disconnect");
      send(wire.ws);
      const [reason, description] = await disconnected;
      expect([reason, description.code]).to.eql(["transport error", "PAYLOAD_TOO_LARGE"]);
      expect(await wire.closed).to.be(1009);
      expect(told.map(({ code, conn }) => [code, conn])).to.eql([["PAYLOAD_TOO_LARGE", socket.conn]]);
      await isServed();
    });
  }

  itOnFastPath(
    "for long-polling is answered with 413, and ends the connection with PAYLOAD_TOO_LARGE [security 9]",
    async () => {
      const running = await startServer({ maxHttpBufferSize: 100 });
      const isServed = await honestClient(running);
      const told = allGuardMessages();
      const { polling, socket } = await joinPolling(running);
      const disconnected = nextEvent(socket, "disconnect");
      expect((await polling.post(`42["event","${"x".repeat(200)}"]`)).status).to.be(413);
      const [reason, description] = await disconnected;
      expect([reason, description.code]).to.eql(["transport error", "PAYLOAD_TOO_LARGE"]);
      expect(told.map(({ code, conn }) => [code, conn])).to.eql([["PAYLOAD_TOO_LARGE", socket.conn]]);
      await isServed();
    },
  );

  it("is reported like other failures if the WebSocket fails for another reason [security 9]", async () => {
    const running = await startServer();
    const told = allGuardMessages();
    const { wire, socket } = await joinWire(running);
    const disconnected = nextEvent(socket, "disconnect");
    (wire.ws as any)._socket.write(Buffer.from([0xff, 0xff]));
    expect((await disconnected)[1].code).to.be(undefined);
    expect(told).to.eql([]);
  });
});
