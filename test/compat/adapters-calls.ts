import expect from "expect.js";
import { PacketType } from "socket.io-parser";
import type { ServerOptions } from "../../lib";
import { connectMember, settled } from "../support/members";
import { type AdapterCall, callsOf, recordingAdapter } from "../support/recording-adapter";
import { connectRecoverable } from "../support/recoverable-client";
import { startServer } from "../support/server";
import { eventually, nextEvent } from "../support/waiting";

/** A server with an adapter that records its calls; `take()` returns the calls since the last one. */
async function recordedServer(options: Partial<ServerOptions> = {}) {
  const { adapter, calls } = recordingAdapter();
  const running = await startServer({ adapter, ...options });
  return { ...running, calls, take: () => calls.splice(0) };
}

/** The names of the methods, in the order of the calls. */
const methodsOf = (calls: AdapterCall[]) => calls.map(({ method }) => method);

/** The options of a call, with arrays instead of sets. */
const plain = ({ rooms, except, flags }: any) => ({ rooms: [...rooms], except: [...except], flags });

describe("what the library calls on an adapter", () => {
  it("init() once for each namespace, and close() once [72, 74]", async () => {
    const { io, take } = await recordedServer();
    expect(methodsOf(take())).to.eql(["init"]);
    io.of("/chat");
    io.of("/chat");
    expect(methodsOf(take())).to.eql(["init"]);
    io.of(/^\/dynamic-\d+$/);
    expect(methodsOf(take())).to.eql([]);
    await io.close();
    expect(methodsOf(take())).to.eql(["close", "close"]);
  });

  it("init() and close() of the adapter of a namespace that is created and removed [24, 74]", async () => {
    const running = await recordedServer({ cleanupEmptyChildNamespaces: true });
    running.io.of(/^\/dynamic-\d+$/);
    running.take();
    const { client, socket } = await connectMember(running, "/dynamic-1");
    expect(methodsOf(running.take())).to.eql(["init", "addAll"]);
    const gone = nextEvent(socket, "disconnect");
    client.disconnect();
    await gone;
    await eventually(() => running.calls.length === 2);
    expect(methodsOf(running.take())).to.eql(["delAll", "close"]);
    expect(running.io._nsps.has("/dynamic-1")).to.be(false);
  });

  it("addAll(id, Set), del(id, room) and delAll(id), as sockets connect and disconnect [72]", async () => {
    const running = await recordedServer();
    running.take();
    const { client, socket } = await connectMember(running);
    socket.join("x");
    socket.join(["y", "z"]);
    socket.leave("y");
    const gone = nextEvent(socket, "disconnect");
    client.disconnect();
    await gone;
    const calls = running.take();
    expect(methodsOf(calls)).to.eql(["addAll", "addAll", "addAll", "del", "delAll"]);
    for (const { args } of calls) {
      expect(args[0]).to.be(socket.id);
    }
    const sets = calls.slice(0, 3).map(({ args }) => args[1]);
    expect(sets.every((rooms) => rooms instanceof Set)).to.be(true);
    expect(sets.map((rooms) => [...rooms])).to.eql([[socket.id], ["x"], ["y", "z"]]);
    expect(calls[3].args[1]).to.be("y");
  });

  it("socketRooms(id) for socket.rooms [72]", async () => {
    const running = await recordedServer();
    const { socket } = await connectMember(running);
    running.take();
    expect([...socket.rooms]).to.eql([socket.id]);
    expect(running.take()).to.eql([{ method: "socketRooms", args: [socket.id] }]);
  });

  it("broadcast(packet, { rooms: Set, except: Set, flags: object }) [72]", async () => {
    const running = await recordedServer();
    const { socket } = await connectMember(running);
    running.take();
    running.io.emit("a");
    running.io.to(["x", "y"]).except("z").volatile.emit("b", 1, [2]);
    socket.broadcast.emit("c");
    socket.to("x").emit("d");
    const calls = running.take();
    expect(methodsOf(calls)).to.eql(["broadcast", "broadcast", "broadcast", "broadcast"]);
    for (const { args } of calls) {
      expect(args).to.have.length(2);
      expect(args[0].type).to.be(PacketType.EVENT);
      expect(args[1].rooms).to.be.a(Set);
      expect(args[1].except).to.be.a(Set);
    }
    expect(calls.map(({ args }) => args[0].data)).to.eql([["a"], ["b", 1, [2]], ["c"], ["d"]]);
    expect(calls.map(({ args }) => plain(args[1]))).to.eql([
      { rooms: [], except: [], flags: {} },
      { rooms: ["x", "y"], except: ["z"], flags: { volatile: true } },
      { rooms: [], except: [socket.id], flags: {} },
      { rooms: ["x"], except: [socket.id], flags: {} },
    ]);
  });

  it("no method for an event to one socket, without recovery [72]", async () => {
    const running = await recordedServer();
    const member = await connectMember(running);
    running.take();
    member.socket.emit("hello");
    member.socket.emit("question", () => {});
    await settled(member);
    expect(running.take()).to.eql([]);
  });

  it("broadcastWithAck(packet, options, counted, answered) and serverCount() [57, 72]", async () => {
    const running = await recordedServer();
    const { client } = await connectMember(running);
    client.on("question", (ack) => ack("answer"));
    running.take();
    expect(await running.io.to("x").except("y").timeout(4321).emitWithAck("question", 1)).to.eql([]);
    expect(await running.io.timeout(4321).emitWithAck("question")).to.eql(["answer"]);
    const calls = running.take();
    expect(methodsOf(calls)).to.eql(["broadcastWithAck", "serverCount", "broadcastWithAck", "serverCount"]);
    const [packet, options, counted, answered] = calls[0].args;
    expect(packet.data).to.eql(["question", 1]);
    expect(options.rooms).to.be.a(Set);
    expect(options.except).to.be.a(Set);
    expect(plain(options)).to.eql({ rooms: ["x"], except: ["y"], flags: { timeout: 4321 } });
    expect(counted).to.be.a("function");
    expect(answered).to.be.a("function");
  });

  it("sockets(Set), fetchSockets, addSockets, delSockets, disconnectSockets [67, 68, 70, 72]", async () => {
    const running = await recordedServer();
    const { io } = running;
    running.take();
    await io.in("x").except("y").local.fetchSockets();
    await io.in("x").allSockets();
    io.in("x").socketsJoin("a");
    io.in("x").socketsJoin(["a", "b"]);
    io.in("x").socketsLeave("a");
    io.in("x").socketsLeave(["a", "b"]);
    io.in("x").disconnectSockets();
    io.in("x").disconnectSockets(true);
    const calls = running.take();
    expect(methodsOf(calls)).to.eql([
      "fetchSockets",
      "sockets",
      "addSockets",
      "addSockets",
      "delSockets",
      "delSockets",
      "disconnectSockets",
      "disconnectSockets",
    ]);
    expect(plain(calls[0].args[0])).to.eql({ rooms: ["x"], except: ["y"], flags: { local: true } });
    expect(calls[1].args[0]).to.be.a(Set);
    expect([...calls[1].args[0]]).to.eql(["x"]);
    for (const { args } of calls.slice(2)) {
      expect(plain(args[0])).to.eql({ rooms: ["x"], except: [], flags: {} });
    }
    expect(calls.slice(2).map(({ args }) => args[1])).to.eql([
      ["a"],
      ["a", "b"],
      ["a"],
      ["a", "b"],
      false,
      true,
    ]);
  });

  it("serverSideEmit(args), the acknowledgement last [69, 72]", async () => {
    const { io, take } = await recordedServer();
    take();
    const { warn } = console;
    console.warn = () => {};
    io.serverSideEmit("hello", 1);
    io.of("/").serverSideEmit("hello", 2, () => {});
    console.warn = warn;
    const calls = callsOf(take(), "serverSideEmit");
    expect(calls[0]).to.eql([["hello", 1]]);
    expect(calls[1][0].slice(0, 2)).to.eql(["hello", 2]);
    expect(calls[1][0][2]).to.be.a("function");
  });
});

describe("with connection state recovery, the library calls on an adapter", () => {
  const recovery = { connectionStateRecovery: {} };

  it("broadcast() for each event to one socket, with or without acknowledgement [72, 78]", async () => {
    const running = await recordedServer(recovery);
    const { socket } = await connectMember(running);
    running.take();
    socket.emit("hello", 1);
    socket.emit("question", 2, () => {});
    socket.volatile.compress(false).emit("volatile");
    const calls = running.take();
    expect(methodsOf(calls)).to.eql(["broadcast", "broadcast", "broadcast"]);
    expect(calls.map(({ args }) => args[0].data)).to.eql([["hello", 1], ["question", 2], ["volatile"]]);
    expect(calls.map(({ args }) => typeof args[0].id)).to.eql(["undefined", "number", "undefined"]);
    const options = calls.map(({ args }) => args[1]);
    expect(options.every(({ rooms, except }) => rooms instanceof Set && except instanceof Set)).to.be(true);
    expect(options.map(plain)).to.eql([
      { rooms: [socket.id], except: [], flags: {} },
      { rooms: [socket.id], except: [], flags: {} },
      { rooms: [socket.id], except: [], flags: { volatile: true, compress: false } },
    ]);
    expect(socket.acks.size).to.be(1);
  });

  it("persistSession({ sid, pid, rooms, data }) before the rooms are left [72, 79]", async () => {
    const running = await recordedServer(recovery);
    const member = await connectRecoverable(running);
    member.socket.join("x");
    member.socket.data.name = "Ada";
    running.take();
    await member.cut();
    const calls = running.take();
    expect(methodsOf(calls).filter((method) => method !== "socketRooms")).to.eql([
      "persistSession",
      "delAll",
    ]);
    const [[session]] = callsOf(calls, "persistSession");
    expect(Object.keys(session).sort()).to.eql(["data", "pid", "rooms", "sid"]);
    expect(session.sid).to.be(member.socket.id);
    expect(session.pid).to.match(/^[\w-]{20}$/);
    expect(session.rooms).to.be.an("array");
    expect(session.rooms).to.eql([member.socket.id, "x"]);
    expect(session.data).to.eql({ name: "Ada" });
  });

  it("persistSession() when the server shuts down too [72, 90]", async () => {
    const running = await recordedServer(recovery);
    const { socket } = await connectMember(running);
    running.take();
    await running.io.close();
    const calls = running.take().filter(({ method }) => method !== "socketRooms");
    expect(methodsOf(calls)).to.eql(["persistSession", "delAll", "close"]);
    expect(calls[0].args[0].sid).to.be(socket.id);
  });

  it("no persistSession() for sockets that disconnect on purpose or that the server disconnects [80]", async () => {
    const running = await recordedServer(recovery);
    for (const leave of [(m: any) => m.client.disconnect(), (m: any) => m.socket.disconnect(true)]) {
      const member = await connectMember(running);
      const gone = nextEvent(member.socket, "disconnect");
      leave(member);
      await gone;
    }
    expect(callsOf(running.take(), "persistSession")).to.eql([]);
  });

  it("restoreSession(pid, offset) for a client that requests it, and for no other [72, 78]", async () => {
    const running = await recordedServer(recovery);
    await connectMember(running);
    expect(callsOf(running.take(), "restoreSession")).to.eql([]);
    const auth = { pid: "some id", offset: "some offset" };
    await connectMember(running, "/", { transports: ["websocket"], auth });
    const calls = running.take();
    expect(calls[0]).to.eql({ method: "restoreSession", args: ["some id", "some offset"] });
  });

  it("no restoreSession() unless both values are strings [78]", async () => {
    const running = await recordedServer(recovery);
    for (const auth of [
      { pid: "some id" },
      { offset: "some offset" },
      { pid: "some id", offset: 1 },
      { pid: { toString: "some id" }, offset: "some offset" },
      { pid: "some id", offset: ["some offset"] },
    ]) {
      await connectMember(running, "/", { transports: ["websocket"], auth });
    }
    expect(callsOf(running.take(), "restoreSession")).to.eql([]);
  });

  it("addAll() with all rooms of a restored session [79]", async () => {
    const running = await startServer(recovery);
    const member = await connectRecoverable(running);
    member.socket.join(["x", "y"]);
    await member.cut();
    const { adapter } = running.io.of("/");
    const { id } = member.socket;
    const joined = new Set<string>();
    const { addAll } = adapter;
    adapter.addAll = (sid, rooms) => {
      expect(sid).to.be(id);
      for (const room of rooms) {
        joined.add(room);
      }
      return addAll.call(adapter, sid, rooms);
    };
    await member.comeBack();
    expect([...joined]).to.eql([id, "x", "y"]);
    expect([...member.socket.rooms]).to.eql([id, "x", "y"]);
  });
});
