import expect from "expect.js";
import { acquainted, heartbeatAdapter, startCluster } from "../support/cluster";
import { connectMember, connectMembers, settled } from "../support/members";
import { callsOf, recordingAdapter } from "../support/recording-adapter";
import { startServer } from "../support/server";
import { eventually } from "../support/waiting";

/** The options of the packets that are sent over a connection. */
function recordPackets(socket: { conn: any }): any[] {
  const packets: any[] = [];
  socket.conn.on("packetCreate", (packet: any) => {
    if (packet.type === "message") {
      packets.push(packet);
    }
  });
  return packets;
}

describe("the flags of a broadcast", () => {
  it("are passed to the adapter, and add up along a chain [66]", async () => {
    const { adapter, calls } = recordingAdapter();
    const { io } = await startServer({ adapter });
    io.emit("none");
    io.volatile.emit("volatile");
    io.local.emit("local");
    io.compress(false).emit("compress");
    io.timeout(1000).emit("timeout");
    io.to("x").volatile.local.compress(true).timeout(5).except("y").emit("all");
    const options = callsOf(calls, "broadcast").map(([, given]) => given);
    expect(options.map(({ flags }) => flags)).to.eql([
      {},
      { volatile: true },
      { local: true },
      { compress: false },
      { timeout: 1000 },
      { volatile: true, local: true, compress: true, timeout: 5 },
    ]);
    expect(options.map(({ rooms }) => rooms.size)).to.eql([0, 0, 0, 0, 0, 1]);
    expect([...options[5].rooms]).to.eql(["x"]);
    expect([...options[5].except]).to.eql(["y"]);
  });

  it("apply to one chain only: neither to the server nor to the chain from which it was derived [66]", async () => {
    const { adapter, calls } = recordingAdapter();
    const { io } = await startServer({ adapter });
    const chain = io.to("x");
    chain.volatile.emit("a");
    chain.emit("b");
    io.local.emit("c");
    io.emit("d");
    expect(callsOf(calls, "broadcast").map(([, { flags }]) => flags)).to.eql([
      { volatile: true },
      {},
      { local: true },
      {},
    ]);
  });

  it("of a socket apply to its next broadcast only [65, 66]", async () => {
    const { adapter, calls } = recordingAdapter();
    const running = await startServer({ adapter });
    const { socket } = await connectMember(running);
    calls.length = 0;
    socket.volatile.compress(false).broadcast.emit("a");
    socket.to("x").emit("b");
    const options = callsOf(calls, "broadcast").map(([, given]) => given);
    expect(options[0].flags.volatile).to.be(true);
    expect(options[0].flags.compress).to.be(false);
    expect([...options[0].except]).to.eql([socket.id]);
    expect(options[1].flags).to.eql({});
  });

  it("a volatile event is not sent to a receiver while an earlier one is in flight [66]", async () => {
    const running = await startServer();
    const [busy, free] = await connectMembers(running, 2);
    busy.socket.emit("in flight");
    running.io.volatile.emit("volatile");
    running.io.emit("always");
    await settled(busy, free);
    expect(busy.seen).to.eql([["in flight"], ["always"]]);
    expect(free.seen).to.eql([["volatile"], ["always"]]);
  });

  it("a volatile event is dropped for a polling client that has no pending poll [66]", async () => {
    const running = await startServer();
    const member = await connectMember(running, "/", { transports: ["polling"] });
    await eventually(() => member.socket.conn.transport.writable);
    running.io.volatile.emit("answer to the poll");
    running.io.volatile.emit("volatile");
    await settled(member);
    expect(member.seen).to.eql([["answer to the poll"]]);
  });

  it("local events are sent to the clients of this server only [66]", async () => {
    const cluster = await startCluster(2, {}, heartbeatAdapter);
    await acquainted(cluster);
    const [here, there] = await Promise.all(cluster.nodes.map((node) => connectMember(node)));
    here.socket.join("x");
    there.socket.join("x");
    cluster.nodes[0].io.local.emit("local");
    cluster.nodes[0].io.local.to("x").emit("local to x");
    cluster.nodes[0].io.emit("everywhere");
    await new Promise((resolve) => there.client.once("everywhere", resolve));
    await settled(here, there);
    expect(here.seen).to.eql([["local"], ["local to x"], ["everywhere"]]);
    expect(there.seen).to.eql([["everywhere"]]);
  });

  it("compress(false) keeps a WebSocket message uncompressed, compress(true) allows compression [66]", async () => {
    const running = await startServer();
    const member = await connectMember(running);
    const packets = recordPackets(member.socket);
    running.io.compress(false).emit("plain");
    running.io.compress(true).emit("pressed");
    running.io.emit("as it comes");
    await settled(member);
    const compress = packets.slice(0, 3).map(({ options }) => options.compress);
    expect(compress).to.eql([false, true, true]);
  });
});

describe("the frame of a broadcast", () => {
  it("is created once and shared by all receivers [71]", async () => {
    const running = await startServer();
    const members = await connectMembers(running, 3);
    const packets = members.map(({ socket }) => recordPackets(socket));
    running.io.emit("hello", "wörld");
    await settled(...members);
    const frames = packets.map(([first]) => first.options.wsPreEncodedFrame);
    expect(frames[0]).to.be.an("array");
    const text = '42["hello","wörld"]';
    const payload = Buffer.from(text);
    expect(Buffer.concat(frames[0])).to.eql(Buffer.concat([Buffer.from([0x81, payload.length]), payload]));
    expect(frames[1]).to.be(frames[0]);
    expect(frames[2]).to.be(frames[0]);
    expect(packets[0][0].data).to.be(text.slice(1));
    expect(members.map(({ seen }) => seen[0])).to.eql([
      ["hello", "wörld"],
      ["hello", "wörld"],
      ["hello", "wörld"],
    ]);
  });

  // lengths at which the length field grows (RFC 6455, section 5.2)
  for (const length of [125, 126, 65535, 65536, 70000]) {
    it(`is correct for a payload of ${length} bytes [71]`, async () => {
      const running = await startServer();
      const member = await connectMember(running);
      const packets = recordPackets(member.socket);
      const text = "x".repeat(length - '42["hello",""]'.length);
      running.io.emit("hello", text);
      await settled(member);
      expect(member.seen[0][1].length).to.be(text.length);
      expect(packets[0].options.wsPreEncodedFrame).to.be.an("array");
      expect(packets[0].data.length).to.be(length - 1);
    });
  }

  it("is not created for a binary event [71]", async () => {
    const running = await startServer();
    const member = await connectMember(running);
    const packets = recordPackets(member.socket);
    running.io.emit("hello", Buffer.from([1]));
    await settled(member);
    expect(packets[0].options.wsPreEncodedFrame).to.be(undefined);
    expect(packets[1].data).to.eql(Buffer.from([1]));
    expect([...member.seen[0][1]]).to.eql([1]);
  });

  it("is encoded once, however many receivers there are [71]", async () => {
    const running = await startServer();
    const members = await connectMembers(running, 3);
    let stringified = 0;
    const value = {
      toJSON() {
        stringified++;
        return "value";
      },
    };
    running.io.emit("hello", value);
    await settled(...members);
    const once = stringified;
    members[0].socket.emit("hello", value);
    await settled(...members);
    expect(once).to.be(stringified - once);
    expect(members[2].seen).to.eql([["hello", "value"]]);
  });

  it("of an event to a single socket is created by the engine [71]", async () => {
    const running = await startServer();
    const member = await connectMember(running);
    const packets = recordPackets(member.socket);
    member.socket.emit("hello");
    await settled(member);
    expect(packets[0].options.wsPreEncodedFrame).to.be(undefined);
  });
});
