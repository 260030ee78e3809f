import expect from "expect.js";
import { ask, askHandshake, askUpgrade, openOf } from "../support/http";
import { startServer } from "../support/server";
import { eventually, nextEvent, nextValue } from "../support/waiting";
import { connectWire, openPolling, openWire } from "../support/wire";

describe("the engine without options", () => {
  it("sends its defaults to clients when they open a connection [13, 14, 15, 16]", async () => {
    const { url } = await startServer();
    const { sid, ...opened } = openOf(await askHandshake(url));
    expect(sid).to.have.length(20);
    expect(opened).to.eql({
      upgrades: ["websocket"],
      pingInterval: 25000,
      pingTimeout: 20000,
      maxPayload: 1000000,
    });
  });

  it("has these options [13, 14, 15, 16, 17, 18, 19]", async () => {
    const { io } = await startServer({ perMessageDeflate: undefined });
    const { opts } = io.engine as any;
    const names = `pingInterval pingTimeout upgradeTimeout allowUpgrades maxHttpBufferSize transports httpCompression
      perMessageDeflate cookie cors allowRequest allowEIO3 initialPacket`;
    expect(Object.fromEntries(names.split(/\s+/).map((name) => [name, opts[name]]))).to.eql({
      pingInterval: 25000,
      pingTimeout: 20000,
      upgradeTimeout: 10000,
      allowUpgrades: true,
      maxHttpBufferSize: 1e6,
      transports: ["polling", "websocket"],
      httpCompression: { threshold: 1024 },
      perMessageDeflate: undefined,
      cookie: undefined,
      cors: false,
      allowRequest: undefined,
      allowEIO3: false,
      initialPacket: undefined,
    });
  });
});

describe("pingInterval and pingTimeout", () => {
  it("are sent to clients [13]", async () => {
    const { url } = await startServer({ pingInterval: 1234, pingTimeout: 567 });
    const { pingInterval, pingTimeout } = openOf(await askHandshake(url));
    expect([pingInterval, pingTimeout]).to.eql([1234, 567]);
  });

  it("make the server send pings, the next one after each pong [13]", async () => {
    const { url } = await startServer({ pingInterval: 5 });
    const polling = await openPolling(url);
    for (let i = 0; i < 3; i++) {
      expect(await polling.poll()).to.eql(["2"]);
      await polling.post("3");
    }
  });

  it("make the server close a connection that does not answer a ping [13]", async () => {
    const running = await startServer({ pingInterval: 5, pingTimeout: 10 });
    const closed = nextValue(running.io.engine, "connection").then((conn) => nextEvent(conn, "close"));
    const wire = await openWire(running.url);
    expect((await closed)[0]).to.be("ping timeout");
    expect(await wire.closeFrame).to.eql({ code: 1005, reason: "" });
    expect(wire.seen.slice(1)).to.eql(["2"]);
  });
});

describe("upgradeTimeout and allowUpgrades", () => {
  it("a WebSocket that opens for an upgrade and sends nothing is closed after upgradeTimeout [14]", async () => {
    const running = await startServer({ upgradeTimeout: 5 });
    const polling = await openPolling(running.url);
    const wire = await connectWire(running.url, `EIO=4&sid=${polling.opened.sid}`);
    expect((await wire.closeFrame).code).to.be(1005);
    await polling.post("40");
    expect((await polling.poll())[0]).to.match(/^40\{"sid":/);
  });

  it("clients upgrade by default [14]", async () => {
    const { pair } = await startServer();
    const { socket } = await pair();
    expect(socket.conn.transport.name).to.be("polling");
    await nextEvent(socket.conn, "upgrade");
    expect(socket.conn.transport.name).to.be("websocket");
  });

  it("allowUpgrades: false offers no upgrade [14]", async () => {
    const { url, pair } = await startServer({ allowUpgrades: false });
    expect(openOf(await askHandshake(url)).upgrades).to.eql([]);
    const { client, socket } = await pair();
    for (let i = 0; i < 3; i++) {
      socket.emit("hello");
      await nextEvent(client, "hello");
    }
    expect(client.io.engine.transport.name).to.be("polling");
    expect(socket.conn.transport.name).to.be("polling");
  });

  it("allowUpgrades: false allows clients to start with WebSocket [14]", async () => {
    const { pair } = await startServer({ allowUpgrades: false });
    const { socket } = await pair("/", { transports: ["websocket"] });
    expect(socket.conn.transport.name).to.be("websocket");
  });
});

describe("maxHttpBufferSize", () => {
  it("is sent to clients as maxPayload [15]", async () => {
    const { url } = await startServer({ maxHttpBufferSize: 1234 });
    expect(openOf(await askHandshake(url)).maxPayload).to.be(1234);
  });

  it("is the largest body of a POST request [15]", async () => {
    const { io, url } = await startServer({ maxHttpBufferSize: 100 });
    const connected = nextValue(io, "connection");
    const polling = await openPolling(url);
    await polling.join();
    const got = nextValue<string>(await connected, "hello");
    const event = (size: number) => `42["hello","${"a".repeat(size - '42["hello",""]'.length)}"]`;
    expect((await polling.post(event(100))).status).to.be(200);
    expect(await got).to.have.length(100 - '42["hello",""]'.length);
    expect((await polling.post(event(101))).status).to.be(413);
  });

  it("is a million bytes, counted as bytes [15]", async () => {
    const { url } = await startServer();
    const polling = await openPolling(url);
    const wide = `4${"é".repeat(500_000)}`;
    expect((await polling.post(wide)).status).to.be(413);
  });

  it("is the largest message of a WebSocket, which is closed with 1009 if it exceeds that [15]", async () => {
    const running = await startServer({ maxHttpBufferSize: 100 });
    const wire = await openWire(running.url);
    wire.send(`4${"a".repeat(100)}`);
    expect((await wire.closeFrame).code).to.be(1009);
  });
});

describe("transports", () => {
  const polling = "/socket.io/?EIO=4&transport=polling";
  const unknown = '{"code":0,"message":"Transport unknown"}';

  it('["websocket"] refuses polling [16]', async () => {
    const running = await startServer({ transports: ["websocket"] });
    const { status, text } = await ask(running.url + polling);
    expect([status, text]).to.eql([400, unknown]);
    await running.pair("/", { transports: ["websocket"] });
  });

  it('["polling"] offers no upgrade and refuses WebSocket [16]', async () => {
    const { url, port } = await startServer({ transports: ["polling"] });
    expect(openOf(await askHandshake(url)).upgrades).to.eql([]);
    const { received } = await askUpgrade(port, "/socket.io/?EIO=4&transport=websocket");
    await eventually(() => received().includes(unknown));
    expect(received().toString()).to.match(/^HTTP\/1\.1 400 /);
  });

  it("webtransport is offered if it is listed [16]", async () => {
    const { url } = await startServer({ transports: ["polling", "websocket", "webtransport"] });
    expect(openOf(await askHandshake(url)).upgrades).to.eql(["websocket", "webtransport"]);
  });

  it("webtransport is refused over plain HTTP [16]", async () => {
    const { url } = await startServer({ transports: ["polling", "websocket", "webtransport"] });
    const { status, text } = await ask(`${url}/socket.io/?EIO=4&transport=webtransport`);
    expect([status, text]).to.eql([400, unknown]);
  });
});

describe("initialPacket", () => {
  it("is sent with the handshake, as a message [20]", async () => {
    const { url } = await startServer({ initialPacket: "welcome" } as any);
    const packets = (await askHandshake(url)).text.split("\x1e");
    expect(packets.length).to.be(2);
    expect(packets[1]).to.be("4welcome");
  });

  it("is sent over WebSocket too [20]", async () => {
    const running = await startServer({ initialPacket: "welcome" } as any);
    const wire = await connectWire(running.url);
    expect(await wire.next()).to.match(/^0\{"sid":/);
    expect(await wire.next()).to.be("4welcome");
  });
});
