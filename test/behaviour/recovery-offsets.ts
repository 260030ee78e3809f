import expect from "expect.js";
import { connectMember, connectMembers, settled } from "../support/members";
import { ownTest } from "../support/own-tests";
import { connectRecoverable } from "../support/recoverable-client";
import { connectClient, startServer } from "../support/server";
import { eventually, nextEvent } from "../support/waiting";

const recovery = { connectionStateRecovery: {} };

/** The packets that the client receives, except those of the test. */
async function recordPackets(url: string, auth?: Record<string, unknown>) {
  const client = connectClient(url, { transports: ["websocket"], autoConnect: false, auth });
  const packets: any[] = [];
  client.io.on("packet" as never, ((packet: any) => packets.push(packet)) as never);
  client.connect();
  await nextEvent(client, "connect");
  return { client, packets };
}

describe("with connection state recovery", () => {
  it("the client receives a secret session id, different from its socket id [78]", async () => {
    const { io, url } = await startServer(recovery);
    const { client, packets } = await recordPackets(url);
    const [socket] = await io.fetchSockets();
    expect(packets[0].type).to.be(0);
    expect(Object.keys(packets[0].data)).to.eql(["sid", "pid"]);
    const { sid, pid } = packets[0].data;
    expect(sid).to.be(socket.id);
    expect(pid).to.match(/^[\w-]{20}$/);
    expect(pid).not.to.be(sid);
    expect(pid).not.to.be((client.io.engine as any).id);
  });

  it("each socket has a separate session id [78]", async () => {
    const { io, url } = await startServer(recovery);
    io.of("/chat");
    const first = await recordPackets(url);
    const second = await recordPackets(url);
    const inChat = await recordPackets(`${url}/chat`);
    const ids = [first, second, inChat].map(({ packets }) => packets[0].data.pid);
    expect(new Set(ids).size).to.be(3);
  });

  it("the session id is not visible to the application [27, 78]", async () => {
    const { io, url } = await startServer(recovery);
    const { packets } = await recordPackets(url);
    const [socket] = await io.fetchSockets();
    expect([...socket.rooms]).to.eql([socket.id]);
    expect(JSON.stringify(socket.handshake)).not.to.contain(packets[0].data.pid);
  });

  it("an event to one socket ends with an offset [78]", async () => {
    const member = await connectMember(await startServer(recovery));
    member.socket.emit("no arguments");
    member.socket.emit("two", 1, "2");
    member.socket.send("message");
    await settled(member);
    const [none, two, message] = member.seen;
    expect(none).to.have.length(2);
    expect(two.slice(0, 3)).to.eql(["two", 1, "2"]);
    expect(two).to.have.length(4);
    expect(message).to.have.length(3);
    const offsets = member.seen.map((event) => event.at(-1));
    for (const offset of offsets) {
      expect(offset).to.be.a("string");
    }
    expect(new Set(offsets).size).to.be(3);
  });

  it("a broadcast ends with the same offset for all receivers [78]", async () => {
    const running = await startServer(recovery);
    const [first, second] = await connectMembers(running, 2);
    running.io.emit("hello", 1);
    running.io.to(first.socket.id).to(second.socket.id).emit("hello", 2);
    first.socket.broadcast.emit("hello", 3);
    await settled(first, second);
    expect(first.seen).to.have.length(2);
    expect(second.seen.slice(0, 2)).to.eql(first.seen);
    expect(second.seen.map((event) => event.length)).to.eql([3, 3, 3]);
    expect(new Set(second.seen.map((event) => event.at(-1))).size).to.be(3);
  });

  it("the offset follows binary data [78]", async () => {
    const member = await connectMember(await startServer(recovery));
    member.socket.emit("hello", Buffer.from([1]));
    await settled(member);
    const [[name, binary, offset]] = member.seen;
    expect(name).to.be("hello");
    expect([...binary]).to.eql([1]);
    expect(offset).to.be.a("string");
  });

  ownTest("a volatile event has the offset of the previous event, and is not sent again [79]", async () => {
    const running = await startServer(recovery);
    const member = await connectMember(running);
    await eventually(() => member.socket.conn.transport.writable);
    running.io.volatile.emit("to all", 1);
    await settled(member);
    await eventually(() => member.socket.conn.transport.writable);
    member.socket.volatile.emit("to one", 1);
    member.socket.emit("kept");
    await settled(member);
    const [[, , toAll], [, , toOne], [, kept]] = member.seen;
    expect(member.seen.map((event) => event.slice(0, -1))).to.eql([["to all", 1], ["to one", 1], ["kept"]]);
    expect(new Set([toAll, toOne, kept]).size).to.be(3);
  });

  it("an event with an acknowledgement has no offset [79]", async () => {
    const running = await startServer(recovery);
    const { client, socket } = await connectMember(running);
    client.on("question", (...args: any[]) => args.pop()(args));
    expect(await socket.emitWithAck("question", 1)).to.eql([1]);
    expect(await socket.timeout(5000).emitWithAck("question", 2)).to.eql([2]);
    expect(await running.io.timeout(5000).emitWithAck("question", 3)).to.eql([[3]]);
  });

  it("an acknowledgement has no offset [79]", async () => {
    const { client, socket } = await connectMember(await startServer(recovery));
    socket.on("question", (ack: any) => ack("answer"));
    const args = await new Promise((resolve) => {
      client.emit("question", (...answer: unknown[]) => resolve(answer));
    });
    expect(args).to.eql(["answer"]);
  });

  it("outgoing catch-all listeners receive the offset [59, 78]", async () => {
    const member = await connectMember(await startServer(recovery));
    const outgoing: any[][] = [];
    member.socket.onAnyOutgoing((...event) => outgoing.push(event));
    member.socket.emit("hello", 1);
    await settled(member);
    expect(outgoing[0]).to.eql(member.seen[0]);
    expect(outgoing[0]).to.have.length(3);
  });

  it("the client sends its session id and its last offset when it reconnects [78]", async () => {
    const running = await startServer(recovery);
    const member = await connectRecoverable(running, "/", { auth: { token: "t" } });
    member.socket.emit("hello");
    await settled(member);
    const last = nextEvent(member.client, "last");
    member.socket.emit("last");
    const [offset] = await last;
    const { socket: before } = member;
    await member.cut();
    await member.comeBack();
    expect(before.handshake.auth).to.eql({ token: "t" });
    const { pid, ...others } = member.socket.handshake.auth;
    expect(pid).to.match(/^[\w-]{20}$/);
    expect(others).to.eql({ offset, token: "t" });
  });

  it("the session id is unchanged after a reconnection [78]", async () => {
    const running = await startServer(recovery);
    const member = await connectRecoverable(running);
    const ids: string[] = [];
    member.client.io.on(
      "packet" as never,
      ((packet: any) => {
        if (packet.type === 0) {
          ids.push(packet.data.pid);
        }
      }) as never,
    );
    for (let round = 0; round < 2; round++) {
      await member.cut();
      await member.comeBack();
    }
    expect(ids).to.have.length(2);
    expect(ids[0]).to.be(ids[1]);
    expect(member.socket.handshake.auth.pid).to.be(ids[0]);
  });

  it("a client with the offset of an earlier session receives no events from before its session [78]", async () => {
    const running = await startServer(recovery);
    const member = await connectRecoverable(running);
    running.io.emit("in the first session");
    const withOffset = member.client as unknown as { _lastOffset: string };
    await settled(member);
    const told = nextEvent(member.client, "disconnect");
    member.socket.disconnect();
    await told;
    running.io.emit("between the sessions");
    await member.comeBack();
    expect(member.socket.recovered).to.be(false);
    const { _lastOffset: offset } = withOffset;
    await member.cut();
    running.io.emit("missed");
    await member.comeBack();
    expect(member.socket.recovered).to.be(true);
    // as if the response had been lost
    await member.cut();
    withOffset._lastOffset = offset;
    running.io.emit("missed too");
    await member.comeBack();
    await settled(member);
    expect(member.socket.recovered).to.be(true);
    expect(member.seen.map(([name]) => name)).to.eql([
      "in the first session",
      "missed",
      "missed",
      "missed too",
    ]);
  });
});

describe("without connection state recovery", () => {
  it("no session id and no offset are sent [78]", async () => {
    const { io, url } = await startServer();
    const { client, packets } = await recordPackets(url);
    const [socket] = await io.fetchSockets();
    expect(Object.keys(packets[0].data)).to.eql(["sid"]);
    const last = nextEvent(client, "last");
    io.emit("hello", 1);
    socket.emit("last");
    expect(await last).to.eql([]);
    expect(packets.slice(1).map(({ data }) => data)).to.eql([["hello", 1], ["last"]]);
  });

  it("a client that reconnects is a new client, and does not receive missed events [78]", async () => {
    const running = await startServer();
    const member = await connectRecoverable(running);
    const before = member.socket;
    before.join("x");
    before.data.name = "Ada";
    await member.cut();
    running.io.emit("missed");
    await member.comeBack();
    await settled(member);
    expect(member.socket.id).not.to.be(before.id);
    expect(member.socket.recovered).to.be(false);
    expect(member.client.recovered).not.to.be(true);
    expect([...member.socket.rooms]).to.eql([member.socket.id]);
    expect(member.socket.data).to.eql({});
    expect(member.seen).to.eql([]);
  });
});
