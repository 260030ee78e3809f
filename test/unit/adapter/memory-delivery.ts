import expect from "expect.js";
import { PacketType } from "socket.io-parser";
import { fakeNamespace } from "../../support/fake-namespace";

/** Three sockets: `a` is in "x", `b` in "x" and "y", `c` in "y". */
function threeSockets() {
  const namespace = fakeNamespace();
  const a = namespace.add("a", "x");
  const b = namespace.add("b", "x", "y");
  const c = namespace.add("c", "y");
  return { namespace, adapter: namespace.adapter, sockets: [a, b, c], a, b, c };
}

function event(...data: unknown[]): any {
  return { type: PacketType.EVENT, data };
}

const options = (rooms: string[] = [], except: string[] = [], flags: Record<string, unknown> = {}) => ({
  rooms: new Set(rooms),
  except: new Set(except),
  flags,
});

describe("the in-memory adapter's broadcast()", () => {
  it("writes to each chosen socket once [64]", () => {
    const { adapter, sockets } = threeSockets();
    const counts = () => sockets.map(({ written }) => written.splice(0).length);
    adapter.broadcast(event("hello"), options());
    expect(counts()).to.eql([1, 1, 1]);
    adapter.broadcast(event("hello"), options(["x"]));
    expect(counts()).to.eql([1, 1, 0]);
    adapter.broadcast(event("hello"), options(["x", "y", "c"]));
    expect(counts()).to.eql([1, 1, 1]);
    adapter.broadcast(event("hello"), options([], ["y"]));
    expect(counts()).to.eql([1, 0, 0]);
    adapter.broadcast(event("hello"), options(["x", "y"], ["a", "c"]));
    expect(counts()).to.eql([0, 1, 0]);
    adapter.broadcast(event("hello"), options(["nothing"]));
    expect(counts()).to.eql([0, 0, 0]);
  });

  it("encodes the packet once, for its namespace [71]", () => {
    const { namespace, adapter, a, b, c } = threeSockets();
    const packet = event("hello", 1);
    adapter.broadcast(packet, options());
    expect(namespace.encoded).to.be(1);
    expect(packet.nsp).to.be("/fake");
    expect(a.written[0].chunks).to.eql(['2/fake,["hello",1]']);
    expect(b.written[0].chunks).to.be(a.written[0].chunks);
    expect(c.written[0].chunks).to.be(a.written[0].chunks);
  });

  it("writes encoded packets with flags and their WebSocket frame [66, 71]", () => {
    const { adapter, a } = threeSockets();
    adapter.broadcast(event("hello"), options([], [], { volatile: true, compress: false }));
    const { wsPreEncodedFrame, ...others } = a.written[0].options;
    expect(others).to.eql({ preEncoded: true, volatile: true, compress: false });
    expect(wsPreEncodedFrame).to.be.an("array");
    const text = '42/fake,["hello"]';
    expect(Buffer.concat(wsPreEncodedFrame).toString("latin1")).to.be(
      `\x81${String.fromCharCode(text.length)}${text}`,
    );
  });

  it("shares the frame among the receivers [71]", () => {
    const { adapter, a, b } = threeSockets();
    adapter.broadcast(event("hello"), options());
    expect(b.written[0].options.wsPreEncodedFrame).to.be(a.written[0].options.wsPreEncodedFrame);
  });

  it("creates no frame for a packet of several chunks [71]", () => {
    const { adapter, a } = threeSockets();
    adapter.broadcast(event("hello", Buffer.from([1])), options());
    expect(a.written[0].chunks).to.eql([
      '51-/fake,["hello",{"_placeholder":true,"num":0}]',
      Buffer.from([1]),
    ]);
    expect(a.written[0].options.wsPreEncodedFrame).to.be(undefined);
  });

  it("notifies the outgoing listeners of each receiver [59]", () => {
    const { adapter, a, b, c } = threeSockets();
    const packet = event("hello");
    adapter.broadcast(packet, options(["x"]));
    expect([a, b, c].map(({ notified }) => notified.length)).to.eql([1, 1, 0]);
    expect(a.notified[0]).to.be(packet);
  });

  it("requires neither exceptions nor flags [72]", () => {
    const { adapter, sockets } = threeSockets();
    adapter.broadcast(event("hello"), { rooms: new Set() });
    adapter.broadcast(event("hello"), { rooms: new Set(["x"]) });
    expect(sockets.map(({ written }) => written.length)).to.eql([2, 2, 1]);
  });

  it("skips ids whose sockets are not in the namespace [72]", () => {
    const { adapter, sockets } = threeSockets();
    adapter.addAll("early", new Set(["early", "x"]));
    adapter.broadcast(event("hello"), options());
    adapter.broadcast(event("hello"), options(["x"]));
    expect(sockets.map(({ written }) => written.length)).to.eql([2, 2, 1]);
  });
});

describe("the in-memory adapter's broadcastWithAck()", () => {
  it("counts the receivers at once, and sends the packet with one id to each [57]", () => {
    const { namespace, adapter, a, b, c } = threeSockets();
    namespace._ids = 7;
    const counts: number[] = [];
    adapter.broadcastWithAck(
      event("question"),
      options(["x"]),
      (count) => counts.push(count),
      () => {},
    );
    expect(counts).to.eql([2]);
    expect(namespace._ids).to.be(8);
    expect(namespace.encoded).to.be(1);
    expect(a.written[0].chunks).to.eql(['2/fake,7["question"]']);
    expect(b.written[0].chunks).to.eql(['2/fake,7["question"]']);
    expect([a, b, c].map(({ acks }) => [...acks.keys()])).to.eql([[7], [7], []]);
  });

  it("passes each acknowledgement on [57]", () => {
    const { adapter, a, b } = threeSockets();
    const answers: unknown[] = [];
    adapter.broadcastWithAck(
      event("question"),
      options(["x"]),
      () => {},
      (answer) => answers.push(answer),
    );
    a.acks.get(0)?.("from a");
    b.acks.get(0)?.({ from: "b" });
    expect(answers).to.eql(["from a", { from: "b" }]);
  });

  it("counts zero without receivers [57]", () => {
    const { adapter } = threeSockets();
    const counts: number[] = [];
    adapter.broadcastWithAck(
      event("question"),
      options(["nothing"]),
      (count) => counts.push(count),
      () => {},
    );
    expect(counts).to.eql([0]);
  });

  it("uses a new packet id each time [57]", () => {
    const { adapter, a } = threeSockets();
    for (let i = 0; i < 3; i++) {
      adapter.broadcastWithAck(
        event("question"),
        options(),
        () => {},
        () => {},
      );
    }
    expect([...a.acks.keys()]).to.eql([0, 1, 2]);
  });

  it("notifies the outgoing listeners, and preserves the flags [59, 66]", () => {
    const { adapter, a } = threeSockets();
    adapter.broadcastWithAck(
      event("question"),
      options([], [], { volatile: true, compress: true, timeout: 1 }),
      () => {},
      () => {},
    );
    expect(a.notified).to.have.length(1);
    expect(a.written[0].options.volatile).to.be(true);
    expect(a.written[0].options.compress).to.be(true);
    expect(a.written[0].options.preEncoded).to.be(true);
  });
});

describe("the in-memory adapter's methods for sockets", () => {
  it("fetchSockets() returns the chosen sockets [67]", async () => {
    const { adapter, a } = threeSockets();
    const idsOf = async (chosen: any) => (await adapter.fetchSockets(chosen)).map(({ id }) => id);
    expect(await idsOf(options())).to.eql(["a", "b", "c"]);
    expect(await idsOf(options(["y"]))).to.eql(["b", "c"]);
    expect(await idsOf(options(["y"], ["c"]))).to.eql(["b"]);
    expect(await idsOf({ rooms: new Set() })).to.eql(["a", "b", "c"]);
    const [first] = await adapter.fetchSockets(options());
    expect(first).to.be(a);
  });

  it("addSockets() makes them join rooms [68]", () => {
    const { adapter, a, b, c } = threeSockets();
    adapter.addSockets(options(["x"], ["y"]), ["z1", "z2"]);
    expect(a.calls).to.eql([["join", ["z1", "z2"]]]);
    expect([...b.calls, ...c.calls]).to.eql([]);
  });

  it("delSockets() makes them leave one room after the other [68]", () => {
    const { adapter, a, b, c } = threeSockets();
    adapter.delSockets(options(["c"]), ["y", "z"]);
    expect(c.calls).to.eql([
      ["leave", "y"],
      ["leave", "z"],
    ]);
    expect([...a.calls, ...b.calls]).to.eql([]);
  });

  it("disconnectSockets() disconnects them, with or without the connection [68]", () => {
    const { adapter, a, b, c } = threeSockets();
    adapter.disconnectSockets(options(["a"]), true);
    adapter.disconnectSockets(options(["c"]), false);
    expect(a.calls).to.eql([["disconnect", true]]);
    expect(b.calls).to.eql([]);
    expect(c.calls).to.eql([["disconnect", false]]);
  });

  it("each socket is processed though others leave meanwhile [68]", () => {
    const { namespace, adapter, sockets } = threeSockets();
    for (const socket of sockets) {
      socket.disconnect = (close) => {
        socket.calls.push(["disconnect", close]);
        adapter.delAll(socket.id);
        namespace.sockets.delete(socket.id);
      };
    }
    adapter.disconnectSockets(options(), true);
    expect(sockets.map(({ calls }) => calls.length)).to.eql([1, 1, 1]);
    expect(adapter.rooms.size).to.be(0);
  });
});
