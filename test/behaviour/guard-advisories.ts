import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";
import expect from "expect.js";
import { onTestEnd } from "../support/cleanup";
import { honestClient } from "../support/honest-client";
import { ask, askUpgrade, upgradeRequest } from "../support/http";
import { joinPolling, joinWire } from "../support/joined";
import { malformed, NAMES, REFUSED_UPGRADES, TRANSPORTS } from "../support/malformed-input";
import { type Running, startServer } from "../support/server";
import { eventually, nextEvent, nextValue } from "../support/waiting";
import { openSession } from "../support/web-transport";
import { clientFrame } from "../support/websocket-frames";
import { connectWire, openPolling, openWire } from "../support/wire";

/** A server with an honest client; at the end of each test, checks that the client is still served. */
async function served(options?: Parameters<typeof startServer>[0]): Promise<Running> {
  const running = await startServer(options);
  const isServed = await honestClient(running);
  check = isServed;
  return running;
}

let check = async () => {};

describe("input that was the subject of a security advisory", () => {
  afterEach(async () => {
    await check();
  });

  it("an event named error without listener does not end the process [52]", async () => {
    const running = await served();
    const { wire, socket } = await joinWire(running);
    const caught = nextEvent(socket as any, "mark");
    wire.send('42["error"]', '42["error",{"message":"x"}]', '429["error"]', '42["mark"]');
    await caught;
    expect(socket.connected).to.be(true);
  });

  for (const [what, message, ...frames] of malformed) {
    it(`${what} closes its own connection only [83, 84]`, async () => {
      const running = await served();
      const { wire, socket } = await joinWire(running);
      const failed = nextValue<Error>(socket, "error");
      const disconnected = nextEvent(socket, "disconnect");
      wire.send(...frames);
      expect((await failed).message).to.be(message);
      await disconnected;
      await wire.closed;
    });
  }

  it("a session of protocol 4 cannot be upgraded with protocol 3 [30]", async () => {
    const running = await served({ allowEIO3: true });
    const { polling, socket } = await joinPolling(running);
    const refused = nextValue<any>(running.io.engine, "connection_error");
    const { sid } = polling.opened;
    expect(await connectWire(running.url, `EIO=3&sid=${sid}`).catch((error) => error)).to.be.an(Error);
    const { code, context } = await refused;
    expect([code, context.name]).to.eql([3, "PROTOCOL_MISMATCH"]);
    expect((await ask(polling.address.replace("EIO=4", "EIO=3"))).status).to.be(400);
    const heard = nextValue(socket, "event");
    await polling.post('42["event",1]');
    expect(await heard).to.be(1);
  });

  for (const query of ["EIO=3&", "EIO=2&", ""]) {
    it(`a session of protocol 4 cannot continue with ${query || "no protocol"} if version 2 is not allowed [30]`, async () => {
      const running = await served();
      const { polling, socket } = await joinPolling(running);
      const { sid } = polling.opened;
      expect(await connectWire(running.url, `${query}sid=${sid}`).catch((error) => error)).to.be.an(Error);
      const { status, text } = await ask(polling.address.replace("EIO=4&", query));
      expect([status, JSON.parse(text).code]).to.eql([400, 3]);
      const heard = nextValue(socket, "event");
      await polling.post('42["event",1]');
      expect(await heard).to.be(1);
    });
  }

  it("a session of protocol 3 cannot be upgraded with protocol 4 [30]", async () => {
    const running = await served({ allowEIO3: true });
    const polling = await openPolling(running.url, "EIO=3");
    const { sid } = polling.opened;
    expect(await connectWire(running.url, `EIO=4&sid=${sid}`).catch((error) => error)).to.be.an(Error);
  });

  it("binary data in a POST request of protocol 4 is answered with 400, and closes its own connection only [38]", async () => {
    const running = await served();
    const { polling, socket } = await joinPolling(running);
    const disconnected = nextEvent(socket, "disconnect");
    const headers = { "content-type": "application/octet-stream" };
    const body = '42["x"]';
    expect((await ask(polling.address, { method: "POST", body, headers })).status).to.be(400);
    expect((await disconnected)[1].message).to.be("invalid content");
  });

  for (const transport of TRANSPORTS) {
    it(`a transport named ${JSON.stringify(transport)} is unknown, in a request and in an upgrade request [28]`, async () => {
      const running = await served();
      const target = `/socket.io/?EIO=4&transport=${transport}`;
      const { status, text } = await ask(running.url + target);
      expect([status, JSON.parse(text).code]).to.eql([400, 0]);
      const { received, ended } = await askUpgrade(running.port, target);
      await ended;
      expect(received().toString()).to.match(/^HTTP\/1\.1 400 /);
      const post = request(running.url + target, { method: "POST", agent: false }).end();
      const [response] = await once(post, "response");
      expect(response.statusCode).to.be(400);
      response.resume();
    });
  }

  it("a request without a transport, or with two, is refused or served by one of them [28]", async () => {
    const running = await served();
    expect((await ask(`${running.url}/socket.io/?EIO=4`)).status).to.be(400);
    expect((await ask(`${running.url}/socket.io/?EIO=4&transport[]=polling`)).status).to.be(400);
    expect((await ask(`${running.url}/socket.io/?EIO=4&transport=x&transport=polling`)).status).to.be(200);
  });

  for (const target of REFUSED_UPGRADES) {
    it(`a connection that breaks while ${target} is refused has no effect on others [29]`, async () => {
      const running = await served();
      for (let i = 0; i < 10; i++) {
        const socket = connect({ port: running.port, host: "localhost" });
        onTestEnd(() => socket.destroy());
        socket.on("error", () => {});
        await once(socket, "connect");
        const arrived = nextEvent(running.httpServer, "upgrade");
        socket.write(upgradeRequest(target));
        socket.resetAndDestroy();
        await Promise.race([arrived, once(socket, "close")]);
      }
    });
  }

  it("an error of the stream while an upgrade request is being refused has no effect on others [29]", async () => {
    const running = await served();
    const broken = new Promise<void>((resolve) => {
      // called after the engine, which has refused the request
      running.httpServer.on("upgrade", ({ url }, stream) => {
        if (url?.includes("nope")) {
          stream.emit("error", new Error("broken"));
          resolve();
        }
      });
    });
    await askUpgrade(running.port, "/socket.io/?EIO=4&transport=nope");
    await broken;
  });

  it("an error of the stream while an upgrade request for another path is being closed has no effect on others [9]", async () => {
    const running = await served({ destroyUpgradeTimeout: 1 });
    const arrived = nextEvent(running.httpServer, "upgrade");
    const { socket, ended } = await askUpgrade(running.port, "/other/");
    const [, stream] = await arrived;
    await eventually(() => stream.writableEnded);
    stream.emit("error", new Error("broken"));
    socket.resetAndDestroy();
    await ended;
  });

  for (const [size, bytes] of [
    ["tiny", Buffer.from("x")],
    ["empty", Buffer.alloc(0)],
  ] as const) {
    it(`${size} fragments without a final one close their own connection only [15]`, async () => {
      const running = await served();
      const { wire, socket } = await joinWire(running);
      const disconnected = nextEvent(socket, "disconnect");
      const fragments = Array(20_000).fill(clientFrame(0x00, bytes));
      (wire.ws as any)._socket.write(Buffer.concat([clientFrame(0x01, Buffer.from("4")), ...fragments]));
      const [reason, description] = await disconnected;
      expect(reason).to.be("transport error");
      expect(description.message).to.contain("Too many message fragments");
      await wire.closed;
    });
  }

  for (const sid of [...NAMES, "unknown"]) {
    it(`a WebTransport session that continues a session named ${sid} is closed [88]`, async () => {
      const { io } = await served({ transports: ["polling", "websocket", "webtransport"] } as any);
      const client = openSession();
      const handled = io.engine.onWebTransportSession(client.session as never);
      await client.send({ type: "open", data: JSON.stringify({ sid }) });
      await handled;
      expect(await client.receive()).to.be(undefined);
      expect(client.isClosed()).to.be(true);
    });
  }

  for (const [part, packet] of Object.entries({
    "the number of attachments": `45${"1".repeat(900_000)}-["event"]`,
    "the number of an acknowledgement": `43${"1".repeat(900_000)}[]`,
    "the name of a namespace": `40/${"a".repeat(900_000)},`,
    "a name without an end": `40/${"a".repeat(900_000)}`,
  })) {
    it(`a packet of 900 kB, nearly all of it ${part}, does not affect others [15, 84]`, async () => {
      const running = await served();
      const { wire, socket } = await joinWire(running);
      const marked = nextEvent(socket as any, "mark");
      wire.send(packet, '42["mark"]');
      await Promise.race([marked, wire.closed]);
    });
  }

  it("a complete message in tiny chunks is delivered [15]", async () => {
    const running = await served();
    const { wire, socket } = await joinWire(running);
    const heard = nextValue(socket, "event");
    const stream = (wire.ws as any)._socket;
    stream.setNoDelay(true);
    for (const byte of clientFrame(0x81, Buffer.from(`42["event","${"x".repeat(200)}"]`))) {
      stream.write(Buffer.from([byte]));
      await eventually(() => stream.writableLength === 0);
    }
    expect(await heard).to.be("x".repeat(200));
    await openWire(running.url);
  });
});
