import expect from "expect.js";
import { type Joined, joinWire, receivedBy, writable } from "../support/joined";
import { startServer } from "../support/server";
import { pause, resume } from "../support/slow-reader";
import { eventually, turn } from "../support/waiting";

/** More data than the operating system accepts for a reader that does not read. */
const FILLING = Buffer.alloc(8 * 1024 * 1024);

/** The number of bytes in the WebSocket that the operating system has not accepted. */
function bufferedAmount({ socket }: Joined): number {
  return (socket.conn.transport as any).socket.bufferedAmount;
}

/** Pauses the reader, and sends until the operating system accepts no more data. */
async function block(joined: Joined): Promise<void> {
  await writable(joined);
  pause(joined);
  joined.socket.emit("filling", FILLING);
  await turn();
  await turn();
}

describe("a client that does not read", () => {
  it("receives 30,000 events in order when it reads again; until then they are buffered [36, 60]", async () => {
    const joined = await joinWire(await startServer());
    const { wire, socket } = joined;
    const conn = socket.conn as any;
    const text = "x".repeat(400);
    await writable(joined);
    pause(joined);
    const waiting: number[] = [];
    for (let i = 0; i < 30_000; i++) {
      socket.emit("n", i, text);
      if (i % 1000 === 999) {
        await turn();
        waiting.push(conn.writeBuffer.length);
      }
    }
    const [half, all] = [waiting[14], waiting[29]];
    expect(all).to.be.above(half);
    expect(conn.transport.writable).to.be(false);
    expect(bufferedAmount(joined)).to.be.above(0);
    socket.volatile.emit("dropped");
    socket.nsp.volatile.emit("dropped");
    resume(joined);
    for (let i = 0; i < 30_000; i++) {
      const frame = await wire.next();
      if (frame !== `42["n",${i},"${text}"]`) {
        expect(frame).to.be(`42["n",${i},…]`);
      }
    }
    await writable(joined);
    expect(conn.writeBuffer.length).to.be(0);
    expect(bufferedAmount(joined)).to.be(0);
    socket.volatile.emit("comes again");
    expect(await receivedBy(joined)).to.eql(['42["comes again"]']);
  });

  it("is busy until the operating system has accepted all data: volatile events are dropped until then [60]", async () => {
    const joined = await joinWire(await startServer());
    const { wire, socket } = joined;
    await block(joined);
    expect(bufferedAmount(joined)).to.be.above(1024 * 1024);
    for (let i = 0; i < 5; i++) {
      socket.volatile.emit("dropped");
      socket.nsp.volatile.emit("dropped", Buffer.from([1]));
      await turn();
    }
    socket.emit("kept");
    resume(joined);
    expect(await wire.next()).to.contain("filling");
    expect((await wire.next()).length).to.be(FILLING.length);
    expect(await receivedBy(joined)).to.eql(['42["kept"]']);
  });

  it("is never ready while the operating system has not accepted all bytes [36, 60]", async () => {
    const joined = await joinWire(await startServer());
    const { wire, socket } = joined;
    await block(joined);
    for (let i = 0; i < 2000; i++) {
      socket.emit("n", i, "y".repeat(2000));
    }
    let lied = 0;
    socket.conn.transport.on("ready", () => {
      const { transport } = socket.conn as any;
      if (transport.writable && transport.socket._socket.writableLength > 0) {
        lied++;
      }
    });
    resume(joined);
    await wire.next();
    await wire.next();
    for (let i = 0; i < 2000; i++) {
      expect(String(await wire.next()).slice(0, 8 + String(i).length)).to.be(`42["n",${i},`);
    }
    await writable(joined);
    expect(lied).to.be(0);
  });

  it("does not delay other clients [60, 66]", async () => {
    const running = await startServer();
    const slow = await joinWire(running);
    const quick = await joinWire(running);
    await block(slow);
    running.io.emit("to all", 1);
    running.io.emit("to all", Buffer.from([2]));
    await turn();
    running.io.volatile.emit("to the ready");
    await turn();
    const common = ['42["to all",1]', '451-["to all",{"_placeholder":true,"num":0}]', Buffer.from([2])];
    expect(await receivedBy(quick)).to.eql([...common, '42["to the ready"]']);
    resume(slow);
    expect(await slow.wire.next()).to.contain("filling");
    await slow.wire.next();
    expect(await receivedBy(slow)).to.eql(common);
  });

  it("delays the callbacks of conn.send, which are called in order [36]", async () => {
    const joined = await joinWire(await startServer());
    const { wire, socket } = joined;
    await block(joined);
    const called: number[] = [];
    for (const i of [1, 2, 3]) {
      (socket.conn as any).send(`2["${i}"]`, {}, () => called.push(i));
    }
    await turn();
    await turn();
    expect(called).to.eql([]);
    resume(joined);
    await wire.next();
    await wire.next();
    for (const i of [1, 2, 3]) {
      expect(await wire.next()).to.be(`42["${i}"]`);
    }
    await eventually(() => called.length === 3);
    expect(called).to.eql([1, 2, 3]);
  });

  it("loses unread events when it disconnects: the server reports the disconnection, and releases the buffer [53]", async () => {
    const joined = await joinWire(await startServer());
    const { wire, socket } = joined;
    await block(joined);
    socket.emit("never read");
    const gone = new Promise<string>((resolve) => socket.on("disconnect", resolve));
    (wire.ws as any)._socket.destroy();
    expect(await gone).to.match(/^transport (error|close)$/);
    expect(socket.emit("late")).to.be(true);
    expect(socket.volatile.emit("late")).to.be(true);
    expect(socket.conn.readyState).to.be("closed");
  });

  it("that reads again still receives events that were sent before disconnect(true) [61, 91]", async () => {
    const joined = await joinWire(await startServer());
    const { wire, socket } = joined;
    await block(joined);
    socket.emit("last words");
    socket.disconnect(true);
    resume(joined);
    expect(await wire.next()).to.contain("filling");
    expect((await wire.next()).length).to.be(FILLING.length);
    expect(await wire.next()).to.be('42["last words"]');
    expect(await wire.next()).to.be("41");
    expect(await wire.closed).to.be(1005);
  });
});
