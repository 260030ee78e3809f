import expect from "expect.js";
import * as msgpack from "socket.io-msgpack-parser";
import { guardMessages } from "../support/guard-messages";
import { heard, joinWire } from "../support/joined";
import { ownSuite } from "../support/own-tests";
import { startServer } from "../support/server";
import { nextEvent, nextValue } from "../support/waiting";
import { connectPacket, openPolling, openWire } from "../support/wire";

/** The answer to a CONNECT packet of more than 100 bytes. */
const TOO_LARGE =
  '44{"message":"A request to join a namespace must not need more than 100 bytes","data":{"code":"CONNECT_TOO_LARGE"}}';

const limits = { connectPacketBytes: 100 };

/** A CONNECT packet, whose text has this number of bytes. */
function packetOf(bytes: number, namespace?: string): string {
  const empty = connectPacket(namespace, { token: "" }).length - 1;
  return connectPacket(namespace, { token: "x".repeat(bytes - empty) });
}

ownSuite("limits.connectPacketBytes", () => {
  it("refuses a larger request to join, and the connection stays usable [security 26]", async () => {
    const { io, url } = await startServer({ limits });
    const told = guardMessages(io);
    const asked: unknown[] = [];
    io.use((socket, next) => {
      asked.push(socket.handshake.auth.token.length);
      next();
    });
    for (const wire of [await openWire(url), await openPolling(url)]) {
      const send = (packet: string) => ("post" in wire ? wire.post(packet) : wire.send(packet));
      await send(packetOf(101));
      expect(await wire.next()).to.be(TOO_LARGE);
      await send(packetOf(100));
      expect(await wire.next()).to.match(/^40/);
    }
    expect(asked).to.eql([87, 87]);
    expect(told.map(({ code, detail }) => [code, detail])).to.eql(Array(2).fill(["CONNECT_TOO_LARGE", "/"]));
    expect(told[0].conn).to.be.ok();
  });

  it("counts bytes, the name of the namespace included [security 26]", async () => {
    const { io, url } = await startServer({ limits });
    io.of(/^\/child/);
    const wire = await openWire(url);
    wire.send(connectPacket("/", { token: "é".repeat(44) }));
    expect(await wire.next()).to.be(TOO_LARGE);
    wire.send(connectPacket(`/child-${"x".repeat(100)}`));
    expect(await wire.next()).to.contain("CONNECT_TOO_LARGE");
    expect(io._nsps.size).to.be(1);
  });

  it("causes a connect_error with a code at the client [security 26]", async () => {
    const { connect } = await startServer({ limits });
    const client = connect("/", { auth: { token: "x".repeat(100) } });
    const error = await nextValue(client, "connect_error");
    expect(error.data).to.eql({ code: "CONNECT_TOO_LARGE" });
    client.auth = { token: "x" };
    client.connect();
    await nextEvent(client, "connect");
  });

  it("refuses clients of version 2 with a message [security 26]", async () => {
    const { io, url } = await startServer({ limits, allowEIO3: true });
    io.of("/chat");
    const wire = await openWire(url, "EIO=3");
    expect(await wire.next()).to.be("40");
    wire.send(`40/chat?token=${"x".repeat(100)},`);
    expect(await wire.next()).to.match(/^44\/chat,".*more than 100 bytes"$/);
    wire.send("40/chat?token=x,");
    expect(await wire.next()).to.match(/^40\/chat/);
  });

  it("measures the message with a custom parser [security 26]", async () => {
    const { io, connect } = await startServer({ limits, parser: msgpack });
    const told = guardMessages(io);
    const client = connect("/", { auth: { token: Buffer.alloc(101) }, parser: msgpack } as any);
    const error = await nextValue(client, "connect_error");
    expect(error.data).to.eql({ code: "CONNECT_TOO_LARGE" });
    client.auth = { token: Buffer.alloc(30) };
    client.connect();
    await nextEvent(client, "connect");
    expect(told).to.have.length(1);
  });

  it("does not apply to events [security 26]", async () => {
    const joined = await joinWire(await startServer({ limits }));
    const received = nextValue<string>(joined.socket, "text");
    joined.wire.send(`42["text","${"x".repeat(1_000)}"]`);
    expect(await received).to.have.length(1_000);
  });

  it("ignores a larger request while an earlier one is undecided, which is then answered [security 26]", async () => {
    const { io, url } = await startServer({ limits });
    const told = guardMessages(io);
    const wire = await openWire(url);
    for (const [name, error, answer] of [
      ["/first", undefined, /^40\/first,/],
      ["/second", new Error("no"), /^44\/second,.*"no"/],
    ] as const) {
      const asked = new Promise<any>((resolve) => io.of(name).use((_socket, next) => resolve(next)));
      wire.send(connectPacket(name));
      const next = await asked;
      io.of(`${name}/other`);
      wire.send(packetOf(101, name), connectPacket(`${name}/other`));
      expect(await wire.next()).to.contain(`40${name}/other,`);
      next(error);
      expect(await wire.next()).to.match(answer);
    }
    expect(told.map(({ code }) => code)).to.eql(["CONNECT_TOO_LARGE", "CONNECT_TOO_LARGE"]);
  });

  it("refuses a larger request that follows a DISCONNECT, before and after the middlewares [security 26]", async () => {
    const { io, url } = await startServer({ limits });
    io.of("/slow").use(() => {});
    const { wire } = await joinWire({ io, url });
    wire.send("40/slow,", "41/slow,", packetOf(101, "/slow"));
    expect(await wire.next()).to.match(/^44\/slow,.*CONNECT_TOO_LARGE/);
    wire.send("41", packetOf(101));
    expect(await wire.next()).to.be(TOO_LARGE);
    expect(await wire.join()).to.match(/^40/);
  });

  it("closes the connection if the client has joined, as for any second request [security 26]", async () => {
    const joined = await joinWire(await startServer({ limits }));
    joined.wire.send(packetOf(101));
    await joined.wire.closed;
    expect(joined.socket.connected).to.be(false);
  });
});

/** A list with about this many characters of JSON. */
function listOf(characters: number, item: (index: number) => unknown): unknown[] {
  const list: unknown[] = [];
  for (
    let length = 0;
    length < characters - 100;
    length += JSON.stringify(list[list.length - 1]).length + 1
  ) {
    list.push(item(list.length));
  }
  return list;
}

const honest: Record<string, (characters: number) => unknown> = {
  "a long text": (characters) => "x".repeat(characters - 100),
  "a list of numbers": (characters) => listOf(characters, (i) => i * 7),
  "a list of decimal numbers": (characters) => listOf(characters, (i) => i + 0.5),
  "a list of records": (characters) => listOf(characters, (id) => ({ id, name: `user ${id}` })),
  "a list of points": (characters) => listOf(characters, (i) => ({ x: i % 10, y: i % 7 })),
  "a list of pairs of digits": (characters) => listOf(characters, (i) => [i % 10, i % 7]),
  "a list of words": (characters) => listOf(characters, (i) => `word${i}`),
  "permissions by name": (characters) =>
    Object.fromEntries(listOf(characters, (i) => [`permission:${i}`, true]) as [string, boolean][]),
  "claims of tokens": (characters) =>
    listOf(characters, (i) => ({
      sub: `user ${i}`,
      iat: 1_700_000_000 + i,
      aud: ["web", "mobile"],
      realm_access: { roles: ["admin", "editor"] },
    })),
};

ownSuite("auth data of the maximum size", () => {
  for (const [what, make] of Object.entries(honest)) {
    for (const maxHttpBufferSize of what.includes("digits") ? [1e6, 3e6] : [1e6]) {
      it(`is accepted: ${what}, with messages of ${maxHttpBufferSize / 1e6} MB [security 26]`, async () => {
        const running = await startServer({ maxHttpBufferSize, pingTimeout: 60_000 });
        const data = make(maxHttpBufferSize * 0.99);
        const connected = nextValue<any>(running.io, "connection");
        const wire = await openWire(running.url);
        wire.send(connectPacket("/", { data }));
        expect(await wire.next()).to.match(/^40/);
        const { auth } = (await connected).handshake;
        expect(JSON.stringify(auth.data) === JSON.stringify(data)).to.be(true);
      });
    }
  }

  it("is accepted if maxHttpBufferSize is 0, which is no limit over WebSocket [security 26]", async () => {
    const running = await startServer({ maxHttpBufferSize: 0 });
    const wire = await openWire(running.url);
    wire.send(connectPacket("/", { token: "x".repeat(2e6) }));
    expect(await wire.next()).to.match(/^40/);
  });

  it("is refused if it consists of empty objects [security 26]", async () => {
    const running = await startServer();
    const told = guardMessages(running.io);
    const joined = await joinWire(running);
    running.io.of("/chat");
    joined.wire.send(`40/chat,{"list":[${"{},".repeat(320_000)}0]}`);
    expect(await joined.wire.next()).to.match(/^44\/chat,.*13000000 bytes".*CONNECT_TOO_LARGE/);
    expect(told.map(({ code, detail }) => [code, detail])).to.eql([["CONNECT_TOO_LARGE", "/chat"]]);
    await heard(joined);
  });
});
