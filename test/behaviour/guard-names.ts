import expect from "expect.js";
import * as msgpack from "socket.io-msgpack-parser";
import { allGuardMessages } from "../support/guard-messages";
import { honestClient } from "../support/honest-client";
import { type AnySocket, heard, joinMore, joinWire } from "../support/joined";
import { NAMES } from "../support/malformed-input";
import { ownSuite } from "../support/own-tests";
import { startServer } from "../support/server";
import { nextEvent, nextEvents, nextValue } from "../support/waiting";
import { openWire } from "../support/wire";

const pristine = () => [
  Object.getOwnPropertyNames(Object.prototype),
  Object.getOwnPropertyNames(Array.prototype),
];

describe("names with a special meaning in JavaScript", () => {
  let before: unknown;
  beforeEach(() => {
    before = pristine();
  });
  afterEach(() => {
    expect(pristine()).to.eql(before);
    expect(({} as any).polluted).to.be(undefined);
  });

  for (const name of NAMES) {
    it(`${name} as an event without listeners is dropped [security 16]`, async () => {
      const running = await startServer();
      const isServed = await honestClient(running);
      const joined = await joinWire(running);
      joined.wire.send(`42${JSON.stringify([name])}`, `42${JSON.stringify([name, { polluted: true }])}`);
      joined.wire.send(`429${JSON.stringify([name])}`);
      await heard(joined);
      await isServed();
    });

    it(`${name} as an event is received, caught and answered [security 16]`, async () => {
      const running = await startServer();
      const { wire, socket } = await joinWire(running);
      const caught = nextEvents(socket, name, 1);
      const events: any[] = [];
      socket.onAny((...event: any[]) => events.push(event[0]));
      socket.use((_event: any, next: () => void) => next());
      socket.on(name as any, (_value: unknown, answer?: () => void) => answer?.());
      wire.send(`427${JSON.stringify([name, 1])}`);
      expect((await caught)[0][0]).to.be(1);
      expect(await wire.next()).to.be("437[]");
      expect(events).to.eql([name]);
      socket.emit(name as any, 2);
      expect(await wire.next()).to.be(`42${JSON.stringify([name, 2])}`);
    });

    it(`${name} is an ordinary room [security 16]`, async () => {
      const running = await startServer();
      const { wire, socket } = await joinWire(running);
      const other = await joinWire(running);
      running.io.to(name).emit("nobody");
      socket.join(name);
      expect([...socket.rooms]).to.eql([socket.id, name]);
      expect([...(running.io.of("/").adapter.rooms.get(name) ?? [])]).to.eql([socket.id]);
      running.io.to(name).except(other.socket.id).emit("hello");
      expect(await wire.next()).to.be('42["hello"]');
      expect((await running.io.in(name).fetchSockets()).map(({ id }) => id)).to.eql([socket.id]);
      socket.leave(name);
      expect(running.io.of("/").adapter.rooms.has(name)).to.be(false);
      await heard(other);
    });

    it(`/${name} is an ordinary namespace [security 16]`, async () => {
      const running = await startServer();
      const isServed = await honestClient(running);
      const { wire } = await joinWire(running);
      wire.send(`40/${name},`);
      expect(await wire.next()).to.be(`44/${name},{"message":"Invalid namespace"}`);
      running.io.of(name).use((_socket: AnySocket, next: () => void) => next());
      const { socket } = await joinMore(running.io, wire, `/${name}`);
      expect(socket.nsp).to.be(running.io.of(`/${name}`));
      running.io.of(/^\/dynamic-/);
      await joinMore(running.io, wire, `/dynamic-${name}`);
      await isServed();
    });

    it(`${name} is a query parameter and a member of auth [security 16, 26]`, async () => {
      const running = await startServer();
      const connected = nextValue(running.io, "connection");
      const wire = await openWire(running.url, `EIO=4&${name}=1`);
      wire.send(`40{${JSON.stringify(name)}:{"polluted":true}}`);
      const { handshake } = await connected;
      expect(Object.hasOwn(handshake.query, name)).to.be(true);
      expect(Object.hasOwn(handshake.auth, name)).to.be(true);
      expect(handshake.auth.polluted).to.be(undefined);
      expect(JSON.parse(JSON.stringify(handshake.auth))[name]).to.eql({ polluted: true });
    });
  }

  it("are unknown session ids [security 16, 28]", async () => {
    const running = await startServer();
    const isServed = await honestClient(running);
    for (const sid of NAMES) {
      const refused = await openWire(running.url, `EIO=4&sid=${sid}`).catch((error) => error);
      expect(refused).to.be.an(Error);
    }
    await isServed();
  });
});

describe("an event named error", () => {
  it("of a client calls the error listeners, as with the reference server [52]", async () => {
    const { wire, socket } = await joinWire(await startServer());
    const told = nextEvent(socket, "error");
    wire.send('42["error","from the client",{"code":"ACK_TIMEOUT"}]');
    expect(await told).to.eql(["from the client", { code: "ACK_TIMEOUT" }]);
    expect(socket.connected).to.be(true);
  });
});

ownSuite("an event with an invalid name", () => {
  const pack = (packet: object): Buffer => (new msgpack.Encoder().encode(packet as any) as any)[0];
  const packets: [what: string, packet: object][] = [
    ["an object that cannot be converted to a string", { type: 2, data: [{ toString: 1 }] }],
    ["an array", { type: 2, data: [["hello"]] }],
    ["null", { type: 2, data: [null] }],
    ["missing", { type: 2, data: [] }],
    ["reserved", { type: 2, data: ["disconnect"] }],
  ];
  for (const [what, packet] of packets) {
    it(`namely ${what} closes the connection, though the parser accepted it [security 16]`, async () => {
      const running = await startServer({ parser: msgpack });
      const isServed = await honestClient(running, { parser: msgpack } as any);
      const told = allGuardMessages();
      const connected = nextValue(running.io, "connection");
      const wire = await openWire(running.url);
      wire.send(pack({ type: 0, nsp: "/" }));
      const socket = await connected;
      const caught: unknown[] = [];
      socket.onAny((...event: unknown[]) => caught.push(event));
      const failed = nextValue<Error>(socket, "error");
      const disconnected = nextEvent(socket, "disconnect");
      wire.send(pack({ nsp: "/", ...packet }));
      expect((await failed).message).to.be("invalid payload");
      const [reason, description] = await disconnected;
      expect([reason, description.code]).to.eql(["parse error", "INVALID_PACKET"]);
      expect(told.map(({ code }) => code)).to.eql(["INVALID_PACKET"]);
      expect(caught).to.eql([]);
      await isServed();
    });
  }
});
