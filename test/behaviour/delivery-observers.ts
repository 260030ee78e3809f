import expect from "expect.js";
import { heard, type Joined, joinWire, receivedBy, writable } from "../support/joined";
import { startServer } from "../support/server";
import { eventually, turn } from "../support/waiting";

/** The text of the packets that are messages. */
function texts(packets: any[]): unknown[] {
  return packets.filter(({ type }) => type === "message").map(({ data }) => data);
}

/** The objects that report what is sent: the connection, and the engine for all connections. */
const emitters = {
  "the connection": ({ socket }: Joined) => ({
    emitter: socket.conn as any,
    packetsOf: (args: any[]) => args[0],
  }),
  "the engine": ({ socket }: Joined) => ({
    emitter: (socket.conn as any).server,
    packetsOf: (args: any[]) => args[1],
  }),
};

for (const [name, from] of Object.entries(emitters)) {
  describe(`flush and drain of ${name}`, () => {
    it("show all packets to listeners that are added at the start [34, 35]", async () => {
      const joined = await joinWire(await startServer());
      const { emitter, packetsOf } = from(joined);
      const seen: unknown[] = [];
      let drained = 0;
      await writable(joined);
      emitter.on("flush", (...args: any[]) => seen.push(...texts(packetsOf(args))));
      emitter.on("drain", () => {
        drained++;
      });
      for (let i = 0; i < 5; i++) {
        joined.socket.emit("n", i);
        joined.socket.nsp.emit("all", i);
        await turn();
      }
      await receivedBy(joined);
      const expected = [0, 1, 2, 3, 4].flatMap((i) => [`2["n",${i}]`, `2["all",${i}]`]);
      expect(seen).to.eql([...expected, '2["last"]']);
      expect(drained).to.be(11);
    });

    for (const when of ["in the same tick", "in a later turn"]) {
      it(`show the packets that are sent after a listener was added, ${when} [34, 35]`, async () => {
        const joined = await joinWire(await startServer());
        const { emitter, packetsOf } = from(joined);
        const { socket } = joined;
        await writable(joined);
        socket.emit("before", 1);
        socket.emit("before", 2);
        if (when === "in a later turn") {
          await turn();
        }
        const seen: unknown[] = [];
        emitter.on("flush", (...args: any[]) => seen.push(...texts(packetsOf(args))));
        const drained = new Promise((resolve) => emitter.once("drain", resolve));
        socket.emit("after", 1);
        socket.nsp.emit("after", 2);
        await drained;
        const frames = await receivedBy(joined);
        expect(frames).to.eql(['42["before",1]', '42["before",2]', '42["after",1]', '42["after",2]']);
        const after = ['2["after",1]', '2["after",2]', '2["last"]'];
        expect(seen.slice(-after.length)).to.eql(after);
      });
    }

    it("show nothing to a removed listener, and packets continue to arrive in order [34, 35]", async () => {
      const joined = await joinWire(await startServer());
      const { emitter } = from(joined);
      const { socket } = joined;
      await writable(joined);
      let flushes = 0;
      const count = () => {
        flushes++;
      };
      const expected: string[] = [];
      for (let i = 0; i < 6; i++) {
        socket.emit("unseen", i);
        emitter.on("flush", count);
        emitter.once("drain", count);
        socket.emit("seen", i);
        expected.push(`42["unseen",${i}]`, `42["seen",${i}]`);
        await turn();
        emitter.removeListener("flush", count);
        emitter.off("drain", count);
      }
      const before = flushes;
      expect(before).not.to.be.below(6);
      expect(await receivedBy(joined)).to.eql(expected);
      expect(flushes).to.be(before);
    });
  });
}

describe("packetCreate", () => {
  it("shows each packet to listeners that are added early or late, until they are removed [35]", async () => {
    const joined = await joinWire(await startServer());
    const { socket } = joined;
    const conn = socket.conn as any;
    const seen: unknown[] = [];
    const listener = ({ data }: any) => seen.push(data);
    socket.emit("a");
    conn.on("packetCreate", listener);
    socket.emit("b");
    socket.nsp.emit("c", Buffer.from([1]));
    conn.off("packetCreate", listener);
    socket.emit("d");
    conn.once("packetCreate", listener);
    socket.emit("e");
    socket.emit("f");
    const placeholder = '{"_placeholder":true,"num":0}';
    expect(seen).to.eql(['2["b"]', `51-["c",${placeholder}]`, Buffer.from([1]), '2["e"]']);
    const frames = (await receivedBy(joined)).map((frame) => String(frame).slice(0, 8));
    expect(frames).to.eql(['42["a"]', '42["b"]', '451-["c"', "\x01", '42["d"]', '42["e"]', '42["f"]']);
  });
});

describe("an additional listener for incoming data", () => {
  for (const event of ["data", "message", "packet"]) {
    it(`receives each message, whether it is added early or late: ${event} [35]`, async () => {
      const joined = await joinWire(await startServer());
      const { wire, socket } = joined;
      const conn = socket.conn as any;
      const events: unknown[] = [];
      socket.on("n", (...args: unknown[]) => events.push(args));
      const seen: unknown[] = [];
      const listener = (value: any) => {
        const data = event === "packet" ? value.data : value;
        if (data !== '2["mark"]') {
          seen.push(data);
        }
      };
      wire.send('42["n",0]');
      await heard(joined);
      conn.on(event, listener);
      wire.send('42["n",1,"ü"]', '451-["n",{"_placeholder":true,"num":0}]', Buffer.from("bytes"));
      wire.send('42["n",2]');
      await heard(joined);
      conn.removeListener(event, listener);
      wire.send('42["n",3]');
      await heard(joined);
      conn.once(event, listener);
      wire.send('42["n",4]', '42["n",5]');
      await heard(joined);
      expect(seen).to.eql([
        '2["n",1,"ü"]',
        '51-["n",{"_placeholder":true,"num":0}]',
        Buffer.from("bytes"),
        '2["n",2]',
        '2["n",4]',
      ]);
      expect(events).to.eql([[0], [1, "ü"], [Buffer.from("bytes")], [2], [3], [4], [5]]);
    });
  }

  it("may be a listener of the WebSocket itself [35, 36]", async () => {
    const joined = await joinWire(await startServer());
    const { wire, socket } = joined;
    const seen: unknown[] = [];
    const { socket: webSocket } = socket.conn.transport as any;
    webSocket.on("message", (data: Buffer, binary: boolean) => seen.push([data.toString(), binary]));
    const events: unknown[] = [];
    socket.on("n", (...args: unknown[]) => events.push(args));
    wire.send('42["n",0]', '451-["n",{"_placeholder":true,"num":0}]', Buffer.from("bytes"));
    await eventually(() => events.length === 2);
    expect(seen).to.eql([
      ['42["n",0]', false],
      ['451-["n",{"_placeholder":true,"num":0}]', false],
      ["bytes", true],
    ]);
    expect(events).to.eql([[0], [Buffer.from("bytes")]]);
  });

  it("may remove those of the library: the connection then ignores all messages [35]", async () => {
    const { wire, socket } = await joinWire(await startServer());
    const conn = socket.conn as any;
    conn.removeAllListeners("data");
    const events: unknown[] = [];
    socket.onAny((...args: unknown[]) => events.push(args));
    const taken = new Promise((resolve) => conn.on("data", resolve));
    wire.send('42["n"]');
    expect(await taken).to.be('2["n"]');
    await turn();
    expect(events).to.eql([]);
  });
});
