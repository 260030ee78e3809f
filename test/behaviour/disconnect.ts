import expect from "expect.js";
import { drain, type Joined, joinMore, joinPolling, joinWire } from "../support/joined";
import { ownTest } from "../support/own-tests";
import { startServer } from "../support/server";
import { takeUncaught } from "../support/uncaught";
import { nextEvent } from "../support/waiting";

// the reference server calls the listeners recursively until the stack overflows

/** The state of a socket while it disconnects. */
function lookOf({ connected, disconnected, rooms, nsp, id }: Joined["socket"]) {
  return { connected, disconnected, rooms: [...rooms], known: nsp.sockets.has(id) };
}

describe("the disconnection of a socket", () => {
  it("emits disconnecting while the socket still has its rooms, then disconnect [51, 63]", async () => {
    const { wire, socket } = await joinWire(await startServer());
    socket.join(["a", "b"]);
    const seen: unknown[] = [];
    socket.on("disconnecting", () => seen.push("disconnecting", lookOf(socket)));
    socket.on("disconnect", () => seen.push("disconnect", lookOf(socket)));
    const gone = nextEvent(socket, "disconnect");
    wire.ws.close();
    await gone;
    expect(seen).to.eql([
      "disconnecting",
      { connected: true, disconnected: false, rooms: [socket.id, "a", "b"], known: true },
      "disconnect",
      { connected: false, disconnected: true, rooms: [], known: false },
    ]);
  });

  it("emits its events at once if the server disconnects the socket [51, 61]", async () => {
    const { socket } = await joinWire(await startServer());
    const seen: string[] = [];
    socket.on("disconnecting", (reason) => seen.push(`disconnecting ${reason}`));
    socket.on("disconnect", (reason) => seen.push(`disconnect ${reason}`));
    socket.disconnect();
    expect(seen).to.eql([
      "disconnecting server namespace disconnect",
      "disconnect server namespace disconnect",
    ]);
  });

  it("emits its events once, whatever follows [51]", async () => {
    const { wire, socket } = await joinWire(await startServer());
    const seen: string[] = [];
    socket.on("disconnecting", () => seen.push("disconnecting"));
    socket.on("disconnect", () => seen.push("disconnect"));
    socket.disconnect();
    socket.disconnect(true);
    const closed = nextEvent(socket.conn as any, "close");
    socket.conn.close();
    wire.ws.close();
    await closed;
    expect(seen).to.eql(["disconnecting", "disconnect"]);
  });

  it("completes though a disconnecting listener calls disconnect() [51, 61]", async () => {
    const { wire, socket } = await joinWire(await startServer());
    socket.once("disconnecting", () => socket.disconnect());
    const gone = nextEvent(socket, "disconnect");
    wire.ws.close();
    await gone;
    expect(lookOf(socket)).to.eql({ connected: false, disconnected: true, rooms: [], known: false });
  });

  ownTest(
    "sends one packet if a disconnecting listener calls disconnect(): the client can join again [51, 61]",
    async () => {
      const { wire, socket } = await joinWire(await startServer());
      socket.once("disconnecting", () => socket.disconnect());
      wire.send("41", "40");
      expect(await wire.next()).to.match(/^40\{"sid"/);
    },
  );

  ownTest("emits its events even if the cleanup of another namespace throws [51]", async () => {
    const running = await startServer();
    const { wire, socket } = await joinWire(running);
    const other = running.io.of("/other");
    const entered = new Promise<void>((resolve) => {
      other.use((joining) => {
        joining.join("x");
        resolve();
      });
    });
    wire.send("40/other,");
    await entered;
    const errors = takeUncaught();
    other.adapter.once("leave-room", () => {
      throw new Error("leave-room");
    });
    const gone = nextEvent(socket, "disconnect");
    wire.ws.close();
    expect((await gone)[0]).to.be("transport close");
    expect(errors).to.eql(["leave-room"]);
    expect(running.io.of("/").sockets.size).to.be(0);
    expect(other._preConnectSockets.size).to.be(0);
  });

  for (const close of [false, true]) {
    ownTest(
      `emits its events once if each disconnecting listener calls disconnect(${close}) [51, 61]`,
      async () => {
        const { wire, socket } = await joinWire(await startServer());
        const seen: string[] = [];
        socket.on("disconnecting", (reason) => {
          seen.push(`disconnecting ${reason}`);
          socket.disconnect(close);
        });
        socket.on("disconnect", (reason) => seen.push(`disconnect ${reason}`));
        const closed = nextEvent(socket.conn as any, "close");
        wire.ws.close();
        await closed;
        expect(seen).to.eql(["disconnecting transport close", "disconnect transport close"]);
        expect(lookOf(socket)).to.eql({ connected: false, disconnected: true, rooms: [], known: false });
      },
    );
  }

  it("allows messages to the rooms in a disconnecting listener [51, 64]", async () => {
    const running = await startServer();
    const leaver = await joinWire(running);
    const other = await joinWire(running);
    leaver.socket.join("room");
    other.socket.join("room");
    leaver.socket.on("disconnecting", () => {
      for (const room of leaver.socket.rooms) {
        leaver.socket.to(room).emit("left", room);
      }
    });
    leaver.wire.ws.close();
    expect(await other.wire.next()).to.be('42["left","room"]');
  });

  it("leaves no room behind, and the socket cannot join one [51, 63]", async () => {
    const { io, url } = await startServer();
    const { socket } = await joinWire({ io, url });
    socket.join("room");
    socket.disconnect();
    expect(socket.rooms.size).to.be(0);
    expect(socket.rooms).to.be.a(Set);
    socket.join(["late", "room"]);
    socket.leave("room");
    expect(socket.rooms.size).to.be(0);
    expect(io.of("/").adapter.rooms.size).to.be(0);
    expect(io.of("/").adapter.sids.size).to.be(0);
  });

  it("prevents a disconnect listener from joining a room [51, 63]", async () => {
    const { io, url } = await startServer();
    const { socket } = await joinWire({ io, url });
    socket.on("disconnect", () => socket.join("late"));
    socket.disconnect();
    expect(socket.rooms.size).to.be(0);
    expect(io.of("/").adapter.rooms.size).to.be(0);
  });

  it("removes the socket from a room that a disconnecting listener joins [51, 63]", async () => {
    const { io, url } = await startServer();
    const { socket } = await joinWire({ io, url });
    socket.on("disconnecting", () => socket.join("late"));
    socket.disconnect();
    expect(socket.rooms.size).to.be(0);
    expect(io.of("/").adapter.rooms.size).to.be(0);
  });

  it("may occur in a connection listener [50, 61]", async () => {
    const { io, connect } = await startServer();
    const seen: unknown[] = [];
    io.on("connection", (socket) => {
      socket.on("disconnect", (reason) => seen.push(reason));
      socket.disconnect();
      seen.push(socket.connected, io.of("/").sockets.size);
    });
    const client = connect();
    expect((await nextEvent(client, "disconnect"))[0]).to.be("io server disconnect");
    expect(seen).to.eql(["server namespace disconnect", false, 0]);
  });

  it("is reported to a v4 client as io server disconnect, and the client does not reconnect [53, 61]", async () => {
    const { pair } = await startServer();
    const { client, socket } = await pair();
    const told = nextEvent(client, "disconnect");
    socket.disconnect();
    expect((await told)[0]).to.be("io server disconnect");
    expect(client.active).to.be(false);
  });
});

describe("disconnect()", () => {
  it("keeps the connection open for other namespaces [61]", async () => {
    const { io, url } = await startServer();
    io.of("/chat");
    const main = await joinWire({ io, url });
    const chat = await joinMore(io, main.wire, "/chat");
    chat.socket.disconnect();
    expect(await main.wire.next()).to.be("41/chat,");
    expect(main.socket.connected).to.be(true);
    main.socket.emit("still here");
    expect(await main.wire.next()).to.be('42["still here"]');
  });

  it("keeps the connection open for another CONNECT, though the client is in no namespace [61]", async () => {
    const { io, url } = await startServer();
    const { wire, socket } = await joinWire({ io, url });
    socket.disconnect();
    expect(await wire.next()).to.be("41");
    const again = await joinMore(io, wire, "/");
    expect(again.socket.conn).to.be(socket.conn);
    expect(again.socket.id).not.to.be(socket.id);
  });

  it("does nothing the second time [61]", async () => {
    const { io, url } = await startServer();
    io.of("/chat");
    const main = await joinWire({ io, url });
    const chat = await joinMore(io, main.wire, "/chat");
    chat.socket.disconnect();
    expect(chat.socket.disconnect()).to.be(chat.socket);
    expect(chat.socket.disconnect(true)).to.be(chat.socket);
    expect(await main.wire.next()).to.be("41/chat,");
    main.socket.emit("last");
    expect(await main.wire.next()).to.be('42["last"]');
  });

  it("after the connection was lost does nothing [61]", async () => {
    const { wire, socket } = await joinWire(await startServer());
    const gone = nextEvent(socket, "disconnect");
    wire.ws.close();
    await gone;
    expect(socket.disconnect()).to.be(socket);
    expect(socket.disconnect(true)).to.be(socket);
  });

  it("with true sends a disconnect packet to each namespace, and closes the connection [61]", async () => {
    const { io, url } = await startServer();
    io.of("/chat");
    const main = await joinWire({ io, url });
    const chat = await joinMore(io, main.wire, "/chat");
    chat.socket.disconnect(true);
    expect([main.socket.connected, chat.socket.connected]).to.eql([false, false]);
    expect([await main.wire.next(), await main.wire.next()].sort()).to.eql(["41", "41/chat,"]);
    expect(await main.wire.closed).to.be(1005);
  });

  for (const close of [false, true]) {
    it(`delivers earlier events, over polling too (${close}) [61]`, async () => {
      const { polling, socket } = await joinPolling(await startServer());
      socket.emit("a");
      socket.emit("b", Buffer.from([1]));
      socket.disconnect(close);
      const packets = [
        await polling.next(),
        await polling.next(),
        await polling.next(),
        await polling.next(),
      ];
      expect(packets).to.eql(['42["a"]', '451-["b",{"_placeholder":true,"num":0}]', "bAQ==", "41"]);
      if (close) {
        await drain(polling);
      }
    });
  }
});
