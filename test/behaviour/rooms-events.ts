import expect from "expect.js";
import { connectMember, connectMembers } from "../support/members";
import { startServer } from "../support/server";
import type { ServerType } from "../support/subject";
import { takeUncaught } from "../support/uncaught";
import { eventually, nextEvent } from "../support/waiting";
import { openWire } from "../support/wire";

const names = ["create-room", "join-room", "leave-room", "delete-room"] as const;

/** Records the events of a namespace's adapter in order, with names instead of socket ids. */
function recordRoomEvents(io: ServerType<any, any, any, any>, namespace = "/") {
  const events: string[][] = [];
  const aliases = new Map<string, string>();
  for (const name of names) {
    io.of(namespace).adapter.on(name, (...args: string[]) => events.push([name, ...args]));
  }
  return {
    call(id: string, alias: string) {
      aliases.set(id, alias);
    },
    /** Returns the recorded events, and starts a new list. */
    take() {
      return events.splice(0).map((event) => event.map((part) => aliases.get(part) ?? part));
    },
    get count() {
      return events.length;
    },
  };
}

/** A socket that an event of the room "a" disconnects. */
async function roomFull(running: Awaited<ReturnType<typeof startServer>>, event: string) {
  const { socket } = await connectMember(running);
  const { adapter } = running.io.of("/");
  adapter.on(event, (room: string) => {
    if (room === "a") {
      socket.disconnect();
    }
  });
  return { socket, adapter };
}

describe("the events of rooms", () => {
  it("a connection creates and joins the room of the socket's id [73]", async () => {
    const running = await startServer();
    const events = recordRoomEvents(running.io);
    const { socket } = await connectMember(running);
    events.call(socket.id, "A");
    expect(events.take()).to.eql([
      ["create-room", "A"],
      ["join-room", "A", "A"],
    ]);
  });

  it("a listener that throws when a client leaves: the error is reported, and the client can join again [54, 73]", async () => {
    const { io, url } = await startServer();
    const wire = await openWire(url);
    await wire.join();
    const reasons: string[] = [];
    for (const socket of io.of("/").sockets.values()) {
      socket.on("disconnect", (reason) => reasons.push(reason));
    }
    const errors = takeUncaught();
    io.of("/").adapter.once("leave-room", () => {
      throw new Error("leave-room");
    });
    wire.send("41", "40");
    expect(await wire.next()).to.match(/^40\{"sid"/);
    expect(errors).to.eql(["leave-room"]);
    expect(reasons).to.eql(["client namespace disconnect"]);
    expect(io.of("/").sockets.size).to.be(1);
  });

  for (const event of ["join-room", "create-room"]) {
    it(`a listener of ${event} that disconnects the socket: it remains in no room [54, 73]`, async () => {
      const running = await startServer();
      const { socket, adapter } = await roomFull(running, event);
      socket.join(["a", "b"]);
      expect(socket.connected).to.be(false);
      expect([...adapter.rooms]).to.eql([]);
      expect([...adapter.sids]).to.eql([]);
    });
  }

  it("a listener of create-room that leaves the room: the socket is not in it [73]", async () => {
    const { io, ...running } = await startServer();
    const { socket } = await connectMember({ io, ...running });
    io.of("/").adapter.once("create-room", (room) => socket.leave(room));
    socket.join(["a", "b"]);
    expect([...socket.rooms]).to.eql([socket.id, "b"]);
    expect([...io.of("/").adapter.rooms.keys()]).to.eql([socket.id, "b"]);
  });

  it("each room is created and joined before the next one [73]", async () => {
    const running = await startServer();
    const { socket } = await connectMember(running);
    const events = recordRoomEvents(running.io);
    events.call(socket.id, "A");
    socket.join(["a", "b"]);
    expect(events.take()).to.eql([
      ["create-room", "a"],
      ["join-room", "a", "A"],
      ["create-room", "b"],
      ["join-room", "b", "A"],
    ]);
  });

  it("a room is created once, joined once by each socket, and deleted when the last one leaves [73]", async () => {
    const running = await startServer();
    const [{ socket: first }, { socket: second }] = await connectMembers(running, 2);
    const events = recordRoomEvents(running.io);
    events.call(first.id, "A");
    events.call(second.id, "B");
    first.join("a");
    second.join("a");
    first.leave("a");
    second.leave("a");
    expect(events.take()).to.eql([
      ["create-room", "a"],
      ["join-room", "a", "A"],
      ["join-room", "a", "B"],
      ["leave-room", "a", "A"],
      ["leave-room", "a", "B"],
      ["delete-room", "a"],
    ]);
  });

  it("joining twice, or leaving a room that was never joined, emits no event [73]", async () => {
    const running = await startServer();
    const [{ socket: first }, { socket: second }] = await connectMembers(running, 2);
    first.join("a");
    const events = recordRoomEvents(running.io);
    first.join(["a", "a"]);
    second.leave("a");
    second.leave("b");
    expect(events.take()).to.eql([]);
  });

  it("a room that is joined again is created again [73]", async () => {
    const running = await startServer();
    const { socket } = await connectMember(running);
    const events = recordRoomEvents(running.io);
    events.call(socket.id, "A");
    socket.join("a");
    socket.leave("a");
    socket.join("a");
    expect(events.take()).to.eql([
      ["create-room", "a"],
      ["join-room", "a", "A"],
      ["leave-room", "a", "A"],
      ["delete-room", "a"],
      ["create-room", "a"],
      ["join-room", "a", "A"],
    ]);
  });

  it("a disconnection leaves and deletes one room after the other, the socket's own first [73]", async () => {
    const running = await startServer();
    const [leaver, stayer] = await connectMembers(running, 2);
    leaver.socket.join(["a", "b"]);
    stayer.socket.join("b");
    const events = recordRoomEvents(running.io);
    events.call(leaver.socket.id, "A");
    const left = nextEvent(leaver.socket, "disconnect");
    leaver.client.disconnect();
    await left;
    expect(events.take()).to.eql([
      ["leave-room", "A", "A"],
      ["delete-room", "A"],
      ["leave-room", "a", "A"],
      ["delete-room", "a"],
      ["leave-room", "b", "A"],
    ]);
  });

  it("the order is the same when the server disconnects the socket [73]", async () => {
    const running = await startServer();
    const { socket } = await connectMember(running);
    socket.join("a");
    const events = recordRoomEvents(running.io);
    events.call(socket.id, "A");
    socket.disconnect();
    expect(events.take()).to.eql([
      ["leave-room", "A", "A"],
      ["delete-room", "A"],
      ["leave-room", "a", "A"],
      ["delete-room", "a"],
    ]);
  });

  it("the rooms are left between `disconnecting` and `disconnect` [51, 73]", async () => {
    const running = await startServer();
    const { client, socket } = await connectMember(running);
    const order: string[] = [];
    running.io.of("/").adapter.on("leave-room", () => order.push("leave-room"));
    socket.on("disconnecting", () => order.push("disconnecting"));
    socket.on("disconnect", () => order.push("disconnect"));
    client.disconnect();
    await eventually(() => order.length === 3);
    expect(order).to.eql(["disconnecting", "leave-room", "disconnect"]);
  });

  it("during each event, the maps of the adapter are up to date [73]", async () => {
    const running = await startServer();
    const { socket } = await connectMember(running);
    const { adapter } = running.io.of("/");
    const told: unknown[] = [];
    for (const name of names) {
      adapter.on(name, () => told.push([name, adapter.rooms.get("a")?.size]));
    }
    socket.join("a");
    socket.leave("a");
    expect(told).to.eql([
      ["create-room", 0],
      ["join-room", 1],
      ["leave-room", 0],
      ["delete-room", undefined],
    ]);
  });

  it("each namespace has its own adapter with its own events [73]", async () => {
    const running = await startServer();
    const inChat = recordRoomEvents(running.io, "/chat");
    const inMain = recordRoomEvents(running.io);
    const { socket } = await connectMember(running, "/chat");
    inChat.call(socket.id, "A");
    socket.join("a");
    expect(inChat.take()).to.eql([
      ["create-room", "A"],
      ["join-room", "A", "A"],
      ["create-room", "a"],
      ["join-room", "a", "A"],
    ]);
    expect(inMain.count).to.be(0);
  });

  it("a room that is joined while it is being left is kept [73]", async () => {
    const running = await startServer();
    const [{ socket: first }, { socket: second }] = await connectMembers(running, 2);
    const { adapter } = running.io.of("/");
    first.join("a");
    adapter.once("leave-room", () => second.join("a"));
    first.leave("a");
    expect([...adapter.rooms.get("a")!]).to.eql([second.id]);
  });
});
