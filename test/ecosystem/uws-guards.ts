/** Guards over µWebSockets.js: allowed origins, limits, slow readers, shutdown. */
import expect from "expect.js";
import { type CodedError, Server } from "socket.io";
import { App } from "uwebsockets";
import { eventually, nextEvent, nextValue } from "../support/waiting";
import { greet } from "./support/hello";
import { tested } from "./support/tested";
import { attachUws, enter, joinRaw, listenUws, openRaw } from "./support/uws";

const OURS = "https://app.example";

/** Opens a session over long-polling. */
async function openSession(url: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}/socket.io/?EIO=4&transport=polling`, { headers });
}

tested(
  {
    area: "Frameworks",
    name: "µWebSockets.js: limits",
    packages: ["uwebsockets"],
    remark: "A WebSocket message that is too large closes the connection without a code.",
  },
  () => {
    it("a broadcast to a room that is undefined by mistake reaches nobody [64, 89]", async () => {
      const io = new Server();
      const { url, published } = await attachUws(io);
      const { socket, seen } = await enter(url);
      const room: string | undefined = undefined;
      io.to(room as unknown as string).emit("private");
      io.emit("last");
      await nextEvent(socket, "last");
      expect(seen).to.eql([["last"]]);
      expect(published).to.have.length(1);
    });

    for (const allowedOrigins of [OURS, async (origin: string | undefined) => origin === OURS]) {
      it(`allowedOrigins, as ${typeof allowedOrigins}, refuses pages of other origins over either transport`, async () => {
        const io = new Server({ allowedOrigins });
        const { url } = await attachUws(io);
        const failed = nextValue<{ context: { name: string } }>(io.engine, "connection_error");
        const refused = await openSession(url, { Origin: "https://evil.example" });
        expect(refused.status).to.be(403);
        expect(await refused.text()).to.contain("Pages of this origin may not connect");
        expect((await failed).context.name).to.be("ORIGIN_FORBIDDEN");
        const raw = openRaw(url, { origin: "https://evil.example" });
        expect((await nextValue<Error>(raw, "error")).message).to.contain("403");
        expect((await openSession(url, { Origin: OURS })).status).to.be(200);
        await joinRaw(openRaw(url, { origin: OURS }));
      });
    }

    it("the number of connections of an address is limited, in each notation of the address", async () => {
      const io = new Server({ limits: { connectionsPerAddress: 1 } });
      const { app, url } = await attachUws(io);
      const both = await listenUws(app, "::");
      const raw = openRaw(url);
      await joinRaw(raw);
      for (const other of [url, both]) {
        const failed = nextValue<{ context: { name: string } }>(io.engine, "connection_error");
        expect((await openSession(other)).status).to.be(403);
        expect((await failed).context.name).to.be("ADDRESS_LIMIT");
      }
      raw.close();
      await eventually(() => io.engine.clientsCount === 0);
      expect((await openSession(both)).status).to.be(200);
    });

    it("the number of packets in a long-polling request is limited", async () => {
      const io = new Server({ limits: { packetsPerPayload: 10 } });
      const { url } = await attachUws(io);
      const opened = (await (await openSession(url)).text()).slice(1);
      const session = `${url}/socket.io/?EIO=4&transport=polling&sid=${JSON.parse(opened).sid}`;
      const post = (packets: string[]) => fetch(session, { method: "POST", body: packets.join("\x1e") });
      const names: string[] = [];
      const connected = nextValue<any>(io, "connection");
      await post(["40"]);
      const socket = await connected;
      socket.onAny((name: string) => names.push(name));
      await post(Array(10).fill('42["one"]'));
      expect(names.length).to.be(10);
      const left = nextEvent<[string, CodedError]>(socket, "disconnect");
      await post(Array(11).fill('42["two"]'));
      expect((await left)[1].code).to.be("PACKETS_PER_PAYLOAD");
      expect(names).not.to.contain("two");
    });

    it("a client that does not read is closed at the limit, and the others receive all broadcasts", async () => {
      const io = new Server({ slowConsumer: { maxBufferedBytes: 1_000_000 } });
      const { url, published } = await attachUws(io);
      const reader = await enter(url);
      const slow = openRaw(url);
      const connected = nextValue<any>(io, "connection");
      await joinRaw(slow);
      const socket = await connected;
      slow.pause();
      const left = nextEvent<[string, CodedError]>(socket, "disconnect");
      let sent = 0;
      let most = 0;
      while (socket.connected && sent < 500) {
        io.emit("much", sent++, "x".repeat(100_000));
        most = Math.max(most, socket.bufferedBytes);
        await eventually(() => reader.seen.length === sent);
      }
      const [, error] = await left;
      expect(error.code).to.be("SLOW_CONSUMER");
      expect(most).to.be.greaterThan(100_000);
      expect(most).not.to.be.greaterThan(1_000_000);
      expect(reader.seen.map(([, number]) => number)).to.eql(Array.from({ length: sent }, (_, i) => i));
      expect(published).to.eql([]);
      await eventually(() => io.engine.clientsCount === 1);
    });

    it("reports when a client has read its buffered messages", async () => {
      const io = new Server();
      const { url } = await attachUws(io);
      const raw = openRaw(url);
      const connected = nextValue<any>(io, "connection");
      await joinRaw(raw);
      const socket = await connected;
      raw.pause();
      while (socket.bufferedBytes === 0) {
        socket.emit("much", "x".repeat(1_000_000));
      }
      const drained = socket.drained();
      raw.resume();
      await drained;
      expect(socket.bufferedBytes).to.be(0);
    });

    it("refuses clients while others leave in batches, over each of its apps", async () => {
      const io = new Server();
      const first = await attachUws(io);
      const second = await attachUws(io);
      const guests = [await enter(first.url), await enter(second.url, "polling")];
      io.of("/")
        .sockets.get(guests[0]!.id)!
        .emit("question", () => {});
      const gone = Promise.all(guests.map(({ socket }) => nextEvent(socket, "disconnect")));
      const closed = io.close({ drain: { batchSize: 1, intervalMs: 1, timeoutMs: 60_000 } });
      for (const { url } of [first, second]) {
        expect((await openSession(url)).status).to.be(403);
      }
      await eventually(() => guests[0]!.seen.length === 1);
      const report = io.close({ drain: {} });
      await io.close();
      await gone;
      expect(await closed).to.eql({ disconnected: 2, cut: 1, pendingAcks: 1, destroyed: 0, adapters: [] });
      expect(await report).to.be(await closed);
    });

    it("a server can attach to an app and also listen on a port", async () => {
      const io = new Server(0);
      await attachUws(io);
      const app = App();
      io.attachApp(app);
      const url = await listenUws(app);
      io.on("connection", (socket) => socket.on("hello", (name, reply) => reply(`Hello, ${name}!`)));
      const { socket } = await enter(url);
      expect(await greet(socket)).to.be("Hello, Ada!");
      const left = nextEvent(socket, "disconnect");
      await io.close();
      await left;
    });
  },
);
