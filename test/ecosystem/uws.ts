/** The server over an app of µWebSockets.js, with its rooms as topics of the app. */
import { createServer } from "node:http";
import expect from "expect.js";
import { Server } from "socket.io";
import { Adapter as OthersAdapter } from "socket.io-adapter";
import { App } from "uwebsockets";
import { onTestEnd } from "../support/cleanup";
import { eventually, nextEvent, nextValue, turn } from "../support/waiting";
import { answerHello, client, greetEachWay, listen } from "./support/hello";
import { tested } from "./support/tested";
import { attachUws, enter, flood, joinRaw, listenUws, openRaw, settled } from "./support/uws";

tested(
  {
    area: "Frameworks",
    name: "µWebSockets.js",
    packages: ["uwebsockets"],
    remark: "µWebSockets.js is not on npm; the package `uwebsockets` has its binaries.",
  },
  () => {
    describe("an app with an attached server", () => {
      it("serves clients over each transport, beside its other routes [5]", async () => {
        const io = new Server();
        const { app, url } = await attachUws(io);
        app.get("/page", (res) => {
          res.end("the page");
        });
        answerHello(io);
        await greetEachWay(url);
        expect(await (await fetch(`${url}/page`)).text()).to.be("the page");
        expect((await fetch(`${url}/other`)).status).to.be(404);
      });

      it("serves the browser client, and no other file below the path [5]", async () => {
        const io = new Server({ cors: { origin: "https://example.com" } });
        const { url } = await attachUws(io);
        const script = await fetch(`${url}/socket.io/socket.io.min.js?some=query`);
        expect(script.status).to.be(200);
        expect(script.headers.get("content-type")).to.be("application/javascript; charset=utf-8");
        expect(script.headers.get("access-control-allow-origin")).to.be("https://example.com");
        expect(await script.text()).to.contain("Socket.IO");
        const etag = script.headers.get("etag") as string;
        const again = await fetch(script.url, { headers: { "If-None-Match": etag } });
        expect(again.status).to.be(304);
        expect((await fetch(script.url, { method: "HEAD" })).status).to.be(200);
        for (const missing of ["socket.io.esm.js", "../package.json", "%2e%2e/package.json"]) {
          expect((await fetch(`${url}/socket.io/${missing}`)).status).to.be(404);
        }
      });

      it("serves no browser client with serveClient: false, and answers under another path [5]", async () => {
        const io = new Server({ path: "/live", serveClient: false });
        const { url } = await attachUws(io);
        answerHello(io);
        await greetEachWay(url, { path: "/live" });
        expect((await fetch(`${url}/live/socket.io.js`)).status).to.be(404);
      });

      it("receives compression, idleTimeout and maxBackpressure [89]", async () => {
        const given = await attachUws(new Server(), {
          compression: 1,
          idleTimeout: 60,
          maxBackpressure: 4096,
        });
        const { compression, idleTimeout, maxBackpressure, maxPayloadLength } = given.behavior;
        expect([compression, idleTimeout, maxBackpressure]).to.eql([1, 60, 4096]);
        expect(maxPayloadLength).to.be(1e6);
        const { behavior } = await attachUws(new Server());
        expect(behavior.maxBackpressure).to.be(0);
        expect(behavior).not.to.have.property("idleTimeout");
      });

      it("keeps received data while the application uses them [5]", async () => {
        const io = new Server();
        const { url } = await attachUws(io);
        const { socket } = await enter(url);
        const bytes = nextValue<Buffer>(io.of("/").sockets.get(socket.id!)!, "bytes");
        socket.emit("bytes", Buffer.from("a few bytes"));
        const kept = await bytes;
        await turn();
        expect(kept.toString()).to.be("a few bytes");
      });

      it("closes the WebSocket of a connection that is closed before it opens [5]", async () => {
        const io = new Server();
        const { url } = await attachUws(io);
        io.engine.once("connection", (conn) => conn.close(true));
        const raw = openRaw(url);
        await nextEvent(raw, "close");
        expect(io.engine.clientsCount).to.be(0);
      });

      it("disconnects all clients when the server closes, after all sent events [5]", async () => {
        const io = new Server();
        const { url } = await attachUws(io);
        const guests = [await enter(url), await enter(url, "polling")];
        const gone = guests.map(({ socket }) => nextEvent(socket, "disconnect"));
        io.emit("bye");
        await io.close();
        await Promise.all(gone);
        expect(guests[0]!.seen).to.eql([["bye"]]);
        expect(io.engine.clientsCount).to.be(0);
      });
    });

    describe("a broadcast", () => {
      it("is published once for all WebSockets, and reaches all other clients once [89]", async () => {
        const httpServer = createServer();
        const io = new Server(httpServer);
        const httpUrl = `http://127.0.0.1:${await listen(httpServer)}`;
        const { url, published } = await attachUws(io);
        const other = await attachUws(io);
        const guests = [
          await enter(url),
          await enter(url),
          await enter(url, "polling"),
          await enter(httpUrl),
          await enter(httpUrl, "polling"),
          await enter(other.url),
        ];
        io.emit("to all", 1);
        await settled(io, ...guests);
        expect(guests.map(({ seen }) => seen)).to.eql(guests.map(() => [["to all", 1]]));
        expect(published).to.eql(['42["to all",1]']);
        expect(other.published).to.eql(['42["to all",1]']);
      });

      it("to a room is published to its members at that time [89]", async () => {
        const io = new Server();
        const { url, published } = await attachUws(io);
        const [first, second, third] = [await enter(url), await enter(url), await enter(url)];
        const socketOf = ({ id }: { id: string }) => io.of("/").sockets.get(id)!;
        socketOf(first).join(["a", "b"]);
        socketOf(second).join("a");
        io.to("a").emit("to a", 1);
        socketOf(second).leave("a");
        io.to("a").emit("to a", 2);
        socketOf(second).join("a");
        socketOf(first).disconnect();
        io.to("a").emit("to a", 3);
        io.to("nobody").emit("to nobody");
        await settled(io, second, third);
        await eventually(() => first.socket.disconnected);
        expect(first.seen).to.eql([
          ["to a", 1],
          ["to a", 2],
        ]);
        expect(second.seen).to.eql([
          ["to a", 1],
          ["to a", 3],
        ]);
        expect(third.seen).to.eql([]);
        expect(published).to.have.length(3);
      });

      it("that is binary, volatile, to several rooms, with exceptions, or to one socket is sent one by one [89]", async () => {
        const io = new Server();
        const { url, published } = await attachUws(io);
        const guests = [await enter(url), await enter(url)];
        const { id } = guests[0]!;
        io.socketsJoin(["a", "b"]);
        io.emit("bytes", Buffer.from([1]));
        io.volatile.emit("volatile");
        io.to(["a", "b"]).emit("to both");
        io.except(id).emit("but one");
        io.of("/").sockets.get(id)!.to("a").emit("to the others");
        io.to(id).emit("to one");
        await settled(io, ...guests);
        const names = guests.map(({ seen }) => seen.map(([name]) => name));
        expect(names[0]).to.eql(["bytes", "volatile", "to both", "to one"]);
        expect(names[1]).to.eql(["bytes", "volatile", "to both", "but one", "to the others"]);
        expect(published).to.eql([]);
      });

      it("keeps its order with events to single sockets [89]", async () => {
        const io = new Server();
        const { url, published } = await attachUws(io);
        const guest = await enter(url);
        const socket = io.of("/").sockets.get(guest.id)!;
        const large = "x".repeat(100_000);
        const expected: any[][] = [];
        for (let i = 0; i < 200; i++) {
          const text = i % 7 === 0 ? large : "";
          socket.emit("single", i, text);
          io.emit("all", i, text);
          io.emit("all", i, Buffer.from([1]));
          expected.push(["single", i], ["all", i], ["all", i]);
        }
        await settled(io, guest);
        expect(guest.seen.map(([name, i]) => [name, i])).to.eql(expected);
        expect(published).to.have.length(200);
      });

      it("is neither lost nor duplicated while a client upgrades to a WebSocket [89]", async () => {
        const io = new Server();
        const { url, published } = await attachUws(io);
        let sent = 0;
        io.on("connection", (socket) => {
          socket.join("room");
          for (const event of ["upgrading", "upgrade", "drain", "packet"]) {
            (socket.conn as any).on(event, () => {
              if (sent < 500 && io.engine.clientsCount > 0 && !busy) {
                busy = true;
                io.emit("tick", sent++);
                io.to("room").emit("tick", sent++);
                socket.emit("tick", sent++);
                busy = false;
              }
            });
          }
        });
        let busy = false;
        const socket = client(url);
        const seen: number[] = [];
        socket.on("tick", (number) => seen.push(number));
        await nextEvent(socket, "connect");
        await eventually(() => {
          io.emit("tick", sent++);
          return published.length > 20;
        });
        expect(socket.io.engine.transport.name).to.be("websocket");
        await eventually(() => seen.length >= sent);
        expect(seen).to.eql(Array.from({ length: sent }, (_, index) => index));
      });

      it("reaches the catch-all listeners of each receiver, and each answers [89]", async () => {
        const io = new Server();
        const { url, published } = await attachUws(io);
        const guests = [await enter(url), await enter(url), await enter(url, "polling")];
        const told: unknown[] = [];
        for (const [, socket] of io.of("/").sockets) {
          socket.onAnyOutgoing((...event) => told.push([socket.id, ...event]));
        }
        for (const [index, { socket }] of guests.entries()) {
          socket.on("question", (reply) => reply(index));
        }
        const answers = await io.timeout(10_000).emitWithAck("question");
        expect([...answers].sort()).to.eql([0, 1, 2]);
        expect(told).to.eql(guests.map(({ id }) => [id, "question"]));
        expect(published).to.have.length(1);
      });

      it("reaches rooms that a middleware joined, once the client is connected [89]", async () => {
        const io = new Server();
        io.use((socket, next) => {
          socket.join("early");
          io.to("early").emit("too early");
          next();
        });
        const { url, published } = await attachUws(io);
        const guest = await enter(url);
        io.to("early").emit("in time");
        await settled(io, guest);
        expect(guest.seen).to.eql([["in time"]]);
        expect(published).to.have.length(1);
      });

      it("reaches the rooms of a recovered client, after its missed events [89]", async () => {
        const io = new Server({ connectionStateRecovery: {} });
        const { url, published } = await attachUws(io);
        io.on("connection", (socket) => {
          if (!socket.recovered) {
            socket.join("room");
          }
        });
        const guest = await enter(url);
        io.to("room").emit("news", 1);
        await settled(io, guest);
        guest.socket.io.engine.close();
        await eventually(() => io.of("/").sockets.size === 0);
        io.to("room").emit("news", 2);
        const restored = nextValue(io, "connection");
        guest.socket.connect();
        await restored;
        published.length = 0;
        io.to("room").emit("news", 3);
        await settled(io, guest);
        expect(guest.socket.recovered).to.be(true);
        expect(guest.seen.map(([, number]) => number)).to.eql([1, 2, 3]);
        expect(published).to.have.length(1);
      });

      it("leaves no gap for a client whose connection the server closes at the same time [79, 89]", async () => {
        const io = new Server({ connectionStateRecovery: {} });
        const { url } = await attachUws(io);
        io.once("connection", (socket) => {
          socket.join(["a", "b"]);
          socket.once("disconnecting", () => {
            io.to(["a", "b"]).emit("news", 2);
            io.to("a").emit("news", 3);
          });
        });
        const guest = await enter(url);
        io.emit("news", 1);
        await settled(io, guest);
        const left = nextEvent(guest.socket, "disconnect");
        for (const socket of io.of("/").sockets.values()) {
          socket.conn.close();
        }
        await left;
        guest.socket.connect();
        await nextEvent(guest.socket, "connect");
        expect(guest.socket.recovered).to.be(true);
        expect(guest.seen.map(([, number]) => number)).to.eql([1, 2, 3]);
      });

      it("stays in its namespace and its server, if two servers share an app [89]", async () => {
        const app = App();
        const servers = ["/one", "/two"].map((path) => new Server({ path }).attachApp(app));
        onTestEnd(() => Promise.all(servers.map((io) => io.close())));
        const url = await listenUws(app);
        const [one, two] = servers as [Server, Server];
        for (const io of servers) {
          for (const name of ["/", "/chat"]) {
            io.of(name).on("connection", (socket) => void socket.join("room"));
          }
        }
        const inOne = await enter(url, "websocket", { path: "/one" });
        const inChat = await enter(`${url}/chat`, "websocket", { path: "/one" });
        const inTwo = await enter(url, "websocket", { path: "/two" });
        one.emit("one");
        one.of("/chat").to("room").emit("chat");
        two.to("room").emit("two");
        await settled(one, inOne, inChat);
        await settled(two, inTwo);
        expect([inOne, inChat, inTwo].map(({ seen }) => seen)).to.eql([[["one"]], [["chat"]], [["two"]]]);
      });

      it("is sent one by one through another adapter, which stays unchanged [89]", async () => {
        const members = Object.getOwnPropertyNames(OthersAdapter.prototype);
        const before = members.map((name) => (OthersAdapter.prototype as any)[name]);
        class Own extends OthersAdapter {}
        const io = new Server({ adapter: Own });
        const { url, published } = await attachUws(io);
        const guests = [await enter(url), await enter(url, "polling")];
        io.socketsJoin("room");
        io.to("room").emit("hello");
        await settled(io, ...guests);
        expect(guests.map(({ seen }) => seen)).to.eql([[["hello"]], [["hello"]]]);
        expect(published).to.eql([]);
        expect(members.map((name) => (OthersAdapter.prototype as any)[name])).to.eql(before);
      });

      it("is compressed above the threshold, unless compression is off for it [89]", async () => {
        const io = new Server({ perMessageDeflate: { threshold: 1000 } });
        const { url } = await attachUws(io, { compression: 1 });
        const raw = openRaw(url);
        await joinRaw(raw);
        const bytesFor = async (send: () => void) => {
          const { bytesRead } = (raw as any)._socket;
          const arrived = nextEvent(raw, "message");
          send();
          await arrived;
          return (raw as any)._socket.bytesRead - bytesRead;
        };
        const text = "x".repeat(10_000);
        const [, single] = [...io.of("/").sockets][0]!;
        expect(await bytesFor(() => io.emit("all", text))).to.be.lessThan(1000);
        expect(await bytesFor(() => single.emit("single", text))).to.be.lessThan(1000);
        expect(await bytesFor(() => io.compress(false).emit("all", text))).to.be.greaterThan(10_000);
        expect(await bytesFor(() => single.compress(false).emit("single", text))).to.be.greaterThan(10_000);
      });
    });

    describe("a client that does not read", () => {
      it("receives everything later without a limit [89]", async () => {
        const io = new Server();
        const { url } = await attachUws(io);
        const { raw, seen } = await flood(io, url);
        raw.resume();
        await eventually(() => seen.length === 300);
        expect(seen).to.eql(Array.from({ length: 300 }, (_, index) => index));
      });

      it("is disconnected above maxBackpressure, and misses nothing before [89]", async () => {
        const io = new Server();
        const { url } = await attachUws(io, { maxBackpressure: 1_000_000 });
        const { raw, seen } = await flood(io, url);
        const closed = nextEvent(raw, "close");
        raw.resume();
        await closed;
        expect(seen).to.eql(Array.from({ length: seen.length }, (_, index) => index));
        await eventually(() => io.engine.clientsCount === 0);
      });
    });
  },
);
