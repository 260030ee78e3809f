import expect from "expect.js";
import { guardMessages } from "../support/guard-messages";
import { joinMore, joinWire } from "../support/joined";
import { ownSuite } from "../support/own-tests";
import { startServer } from "../support/server";
import { nextEvent, nextValue } from "../support/waiting";
import { openWire } from "../support/wire";

ownSuite("limits.roomsPerSocket", () => {
  it("disconnects a socket that is in too many rooms, its own included; join() does not throw [security 18]", async () => {
    const running = await startServer({ limits: { roomsPerSocket: 10 } });
    const { io } = running;
    const told = guardMessages(io);
    const honest = await running.pair();
    const { wire, socket } = await joinWire(running);
    const rooms: number[] = [];
    let joins = 0;
    socket.on("join", (room: string) => {
      joins++;
      socket.join(room);
      rooms.push(socket.rooms.size);
    });
    const gone = nextEvent(socket, "disconnect");
    for (let i = 0; i < 100; i++) {
      wire.send(`42["join","room ${i}"]`);
    }
    const [reason, description] = await gone;
    expect([reason, description.code, description.message]).to.eql([
      "server namespace disconnect",
      "ROOM_LIMIT",
      "The socket is in more than 10 rooms",
    ]);
    expect(await wire.next()).to.be("41");
    expect(Math.max(...rooms)).to.be(10);
    expect(joins).to.be.within(10, 100);
    expect(told.map((one) => [one.code, one.socket, one.nsp, one.conn])).to.eql([
      ["ROOM_LIMIT", socket, io.of("/"), socket.conn],
    ]);
    expect(io.of("/").adapter.rooms.size).to.be(1);
    honest.client.emit("hello");
    await nextValue(honest.socket as any, "hello");
  });

  it("does not affect sockets of other namespaces over the same connection [security 18]", async () => {
    const running = await startServer({ limits: { roomsPerSocket: 2 } });
    running.io.of("/other");
    const { wire, socket } = await joinWire(running);
    const other = await joinMore(running.io, wire, "/other");
    socket.join(["a", "b"]);
    expect(await wire.next()).to.be("41");
    other.socket.emit("hello");
    expect(await wire.next()).to.be('42/other,["hello"]');
  });

  it("counts neither repeated joins nor rooms that were left [security 18]", async () => {
    const running = await startServer({ limits: { roomsPerSocket: 3 } });
    const { wire, socket } = await joinWire(running);
    for (let i = 0; i < 50; i++) {
      socket.join(["a", "a", socket.id]);
      socket.join(`room ${i}`);
      socket.leave(`room ${i}`);
    }
    socket.join(["a", "b"]);
    expect(socket.rooms.size).to.be(3);
    wire.send('42["hello"]');
    await nextEvent(socket, "hello");
  });

  it("applies to rooms that the server joins for it [security 18]", async () => {
    const { io, pair } = await startServer({ limits: { roomsPerSocket: 2 } });
    const { client } = await pair();
    io.socketsJoin(["a", "b"]);
    expect(await nextValue(client, "disconnect")).to.be("io server disconnect");
  });

  it("applies in a middleware: the socket is disconnected when it has joined [security 18]", async () => {
    const running = await startServer({ limits: { roomsPerSocket: 3 } });
    const { io, url } = running;
    io.use((socket, next) => {
      socket.join(socket.handshake.auth.rooms);
      next();
    });
    const ended: unknown[] = [];
    io.on("connection", (socket) => {
      socket.on("disconnect", (reason, description: any) => ended.push([reason, description?.code]));
    });
    const fits = await openWire(url);
    expect(await fits.join("/", { rooms: ["a", "b"] })).to.contain('"sid"');
    const over = await openWire(url);
    expect(await over.join("/", { rooms: ["a", "b", "c"] })).to.contain('"sid"');
    expect(await over.next()).to.be("41");
    expect(ended).to.eql([["server namespace disconnect", "ROOM_LIMIT"]]);
  });

  it("withstands a handler that joins more rooms when its socket disconnects [security 18]", async () => {
    const running = await startServer({ limits: { roomsPerSocket: 2 } });
    const told = guardMessages(running.io);
    const { wire, socket } = await joinWire(running);
    socket.on("disconnecting", () => socket.join(["c", "d"]));
    socket.on("disconnect", () => socket.join(["e", "f"]));
    socket.join(["a", "b"]);
    expect(await wire.next()).to.be("41");
    await wire.join();
    expect(told.length).to.be(1);
  });
});
