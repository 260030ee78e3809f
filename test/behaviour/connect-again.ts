import expect from "expect.js";
import { openHand, settled, startSlow } from "../support/held-middleware";
import { ownSuite, ownTest } from "../support/own-tests";
import { type ClientSocket, startServer } from "../support/server";
import { eventually, nextEvent, nextEvents, nextValue } from "../support/waiting";

// the reference server runs the middleware for each CONNECT at once, and closes the connection on a DISCONNECT meanwhile

/** What both sides know about "/chat" when no decision is pending. */
async function expectOneSocket(running: Awaited<ReturnType<typeof startSlow>>, client: ClientSocket) {
  const { chat } = running;
  await eventually(() => client.connected);
  await eventually(() => chat._preConnectSockets.size === 0);
  expect([...chat.sockets.keys()]).to.eql([client.id]);
  expect([...chat.adapter.sids.keys()]).to.eql([client.id]);
  const heard = nextValue(client, "hello");
  chat.emit("hello", "there");
  expect(await heard).to.be("there");
}

for (const transport of ["websocket", "polling"] as const) {
  describe(`over ${transport}, a client that sends CONNECT again while its middleware is pending`, () => {
    ownTest("joins once: the middleware does not run for the second CONNECT [44]", async () => {
      const running = await startSlow();
      const { chat, runs, io } = running;
      const hand = await openHand(running, transport);
      await hand.send("40/chat,", "40/chat,", "40/chat,");
      await eventually(() => runs.length === 1);
      expect(await settled(io, hand)).to.eql([]);
      expect(runs).to.have.length(1);
      runs[0].next();
      expect(await hand.next()).to.match(/^40\/chat,/);
      expect(await settled(io, hand)).to.eql([]);
      expect(runs).to.have.length(1);
      expect(chat.sockets.size).to.be(1);
      expect(chat._preConnectSockets.size).to.be(0);
    });

    ownTest("receives the answer to the latest CONNECT if the first is refused [44]", async () => {
      const running = await startSlow();
      const { chat, runs, io } = running;
      const hand = await openHand(running, transport);
      await hand.send('40/chat,{"n":1}', '40/chat,{"n":2}', '40/chat,{"n":3}');
      await eventually(() => runs.length === 1);
      await settled(io, hand);
      runs[0].next(new Error("no"));
      await eventually(() => runs.length === 2);
      expect(runs.map(({ socket }) => socket.handshake.auth)).to.eql([{ n: 1 }, { n: 3 }]);
      expect(chat._preConnectSockets.size).to.be(1);
      runs[1].next(new Error("no again"));
      expect(await hand.next()).to.be('44/chat,{"message":"no again"}');
      expect(await settled(io, hand)).to.eql([]);
      expect(runs).to.have.length(2);
      expect(chat._preConnectSockets.size).to.be(0);
    });

    ownTest("and disconnects meanwhile does not join [44]", async () => {
      const running = await startSlow();
      const { chat, runs, connected, io } = running;
      const hand = await openHand(running, transport);
      await hand.send("40/chat,", "40/chat,");
      await eventually(() => runs.length === 1);
      runs[0].socket.join("room");
      await hand.send("41/chat,");
      await eventually(() => chat._preConnectSockets.size === 0);
      expect(chat.adapter.rooms.size).to.be(0);
      runs[0].next();
      expect(await settled(io, hand)).to.eql([]);
      expect(runs).to.have.length(1);
      expect(connected).to.eql([]);
      expect(chat.sockets.size).to.be(0);
    });

    for (const decision of ["accepted", "refused"]) {
      ownTest(
        `disconnects and connects again joins anew when the first CONNECT is ${decision} [44]`,
        async () => {
          const running = await startSlow();
          const { chat, runs, connected, io } = running;
          const hand = await openHand(running, transport);
          await hand.send('40/chat,{"n":1}', "41/chat,", '40/chat,{"n":2}', "41/chat,", '40/chat,{"n":3}');
          await settled(io, hand);
          // the first CONNECT may have been cancelled before its middleware ran
          for (let decided = 0; runs.at(-1)?.socket.handshake.auth.n !== 3; decided++) {
            await eventually(() => runs.length > decided);
            if (runs[decided].socket.handshake.auth.n !== 3) {
              runs[decided].next(decision === "accepted" ? undefined : new Error("no"));
            }
          }
          runs.at(-1)?.next();
          expect(await hand.next()).to.match(/^40\/chat,/);
          expect(await settled(io, hand)).to.eql([]);
          expect(connected.map(({ handshake }) => handshake.auth)).to.eql([{ n: 3 }]);
          expect(chat.sockets.size).to.be(1);
          expect(chat._preConnectSockets.size).to.be(0);
        },
      );
    }

    ownTest("leaves nothing behind when the connection is lost [44]", async () => {
      const running = await startSlow();
      const { chat, runs, io } = running;
      const hand = await openHand(running, transport);
      await hand.send("40/chat,", "40/chat,");
      await eventually(() => runs.length === 1);
      io.disconnectSockets(true);
      await eventually(() => chat._preConnectSockets.size === 0);
      runs[0].next(new Error("too late"));
      await new Promise(setImmediate);
      expect(runs).to.have.length(1);
      expect(chat.sockets.size).to.be(0);
    });
  });

  describe(`over ${transport}, a DISCONNECT and a CONNECT in one request`, () => {
    ownTest("are processed in order [62]", async () => {
      const running = await startServer();
      const { io } = running;
      const chat = io.of("/chat");
      const log: string[] = [];
      chat.on("connection", (socket) => {
        log.push(`connection ${socket.handshake.auth.n}`);
        socket.on("disconnect", (reason) => log.push(`disconnect ${reason}`));
      });
      const hand = await openHand(running, transport);
      await hand.send('40/chat,{"n":1}');
      const first = String(await hand.next());
      await hand.send("41/chat,", '40/chat,{"n":2}');
      const second = String(await hand.next());
      expect(second).to.match(/^40\/chat,/);
      expect(second).not.to.be(first);
      await hand.send("41/chat,", '40/chat,{"n":3}', "41/chat,", '40/chat,{"n":4}');
      await settled(io, hand);
      await eventually(() => log.at(-1) === "connection 4");
      expect(log.slice(0, 3)).to.eql([
        "connection 1",
        "disconnect client namespace disconnect",
        "connection 2",
      ]);
      expect(chat.sockets.size).to.be(1);
    });

    it("do not close the connection if more packets follow [62]", async () => {
      const running = await startServer();
      const { io } = running;
      const heard: unknown[] = [];
      io.of("/chat").on("connection", (socket) => socket.on("late", () => heard.push("late")));
      const hand = await openHand(running, transport);
      await hand.send("40/chat,");
      await hand.next();
      await hand.send("41/chat,", '42/chat,["late"]', "43/chat,1[]", "41/chat,");
      expect(await settled(io, hand)).to.eql([]);
      expect(heard).to.eql([]);
      expect(io.of("/chat").sockets.size).to.be(0);
    });
  });

  ownSuite(`over ${transport}, a real client behind a slow middleware`, () => {
    async function startClient() {
      const running = await startSlow();
      const { client: main, socket: mainSocket } = await running.pair("/", { transports: [transport] });
      return { ...running, main, mainSocket, client: main.io.socket("/chat") };
    }

    it("that calls connect() twice joins once [44]", async () => {
      const running = await startClient();
      const { client, runs, main, mainSocket } = running;
      let connects = 0;
      client.on("connect", () => connects++);
      client.connect();
      // arrives after the two requests
      const behind = nextEvent(mainSocket, "behind");
      main.emit("behind");
      await behind;
      expect(runs).to.have.length(1);
      runs[0].next();
      await expectOneSocket(running, client);
      expect(connects).to.be(1);
      expect(runs).to.have.length(1);
      expect(main.connected).to.be(true);
    });

    it("that calls disconnect() and connect() joins once [44]", async () => {
      const running = await startClient();
      const { client, runs } = running;
      await eventually(() => runs.length === 1);
      const arrived = nextEvents(runs[0].socket.conn, "packet", 2);
      client.disconnect();
      client.connect();
      client.disconnect();
      client.connect();
      await arrived;
      runs[0].next();
      await expectOneSocket(running, client);
      expect(runs).to.have.length(1);
    });

    it("that connects again with another token joins, though the first CONNECT is refused [44]", async () => {
      const running = await startClient();
      const { client, runs } = running;
      await eventually(() => runs.length === 1);
      const errors: Error[] = [];
      client.on("connect_error", (error) => errors.push(error));
      const arrived = nextEvent(runs[0].socket.conn, "packet");
      client.auth = { token: "new" };
      client.connect();
      await arrived;
      runs[0].next(new Error("old token"));
      await eventually(() => runs.length === 2);
      expect(runs[1].socket.handshake.auth).to.eql({ token: "new" });
      runs[1].next();
      await expectOneSocket(running, client);
      expect(errors).to.eql([]);
    });
  });
}
