import expect from "expect.js";
import { ask } from "../support/http";
import { type AnySocket, type Joined, joinMore, joinPolling, joinWire } from "../support/joined";
import { startServer } from "../support/server";
import { eventually, nextEvent } from "../support/waiting";
import { openWire } from "../support/wire";

/** Resolves when the transport has sent its data, and accepts more. */
function writable({ socket }: { socket: AnySocket }): Promise<void> {
  return eventually(() => (socket.conn.transport as any).writable);
}

/** The frames until a last event. */
async function receivedBy({ wire, socket }: Joined): Promise<unknown[]> {
  socket.emit("last");
  const frames: unknown[] = [];
  for (let frame = await wire.next(); frame !== '42["last"]'; frame = await wire.next()) {
    frames.push(frame);
  }
  return frames;
}

describe("a volatile event", () => {
  it("is sent if the connection is ready [60]", async () => {
    const joined = await joinWire(await startServer());
    await writable(joined);
    expect(joined.socket.volatile.emit("hello", 1)).to.be(true);
    expect(await receivedBy(joined)).to.eql(['42["hello",1]']);
  });

  it("reaches a real client, over WebSocket and over polling [60]", async () => {
    for (const transport of ["websocket", "polling"] as const) {
      const { pair } = await startServer();
      const { client, socket } = await pair("/", { transports: [transport] });
      const event = nextEvent(client, "hello");
      await writable({ socket });
      socket.volatile.emit("hello", 1);
      expect(await event).to.eql([1]);
    }
  });

  it("is dropped while an earlier event is in flight [60]", async () => {
    const joined = await joinWire(await startServer());
    await writable(joined);
    joined.socket.emit("in flight");
    expect(joined.socket.volatile.emit("dropped")).to.be(true);
    expect(await receivedBy(joined)).to.eql(['42["in flight"]']);
  });

  it("is dropped if it is the second one in a tick [60]", async () => {
    const joined = await joinWire(await startServer());
    await writable(joined);
    joined.socket.volatile.emit("first");
    joined.socket.volatile.emit("second");
    joined.socket.volatile.emit("third");
    expect(await receivedBy(joined)).to.eql(['42["first"]']);
  });

  it("is dropped alone: other events are buffered [60]", async () => {
    const joined = await joinWire(await startServer());
    await writable(joined);
    joined.socket.emit("a");
    joined.socket.volatile.emit("dropped");
    joined.socket.emit("b");
    expect(await receivedBy(joined)).to.eql(['42["a"]', '42["b"]']);
  });

  it("is sent again when the connection is ready again [60]", async () => {
    const joined = await joinWire(await startServer());
    await writable(joined);
    joined.socket.emit("a");
    joined.socket.volatile.emit("dropped");
    await writable(joined);
    joined.socket.volatile.emit("b");
    expect(await receivedBy(joined)).to.eql(['42["a"]', '42["b"]']);
  });

  it("is one event: the next event is not volatile [60]", async () => {
    const joined = await joinWire(await startServer());
    await writable(joined);
    joined.socket.emit("in flight");
    joined.socket.volatile.emit("dropped");
    joined.socket.emit("kept");
    expect(await receivedBy(joined)).to.eql(['42["in flight"]', '42["kept"]']);
  });

  it("with binary data is sent completely or not at all [60]", async () => {
    const joined = await joinWire(await startServer());
    await writable(joined);
    joined.socket.volatile.emit("image", Buffer.from([1]), Buffer.from([2]));
    joined.socket.volatile.emit("dropped", Buffer.from([3]));
    expect(await receivedBy(joined)).to.eql([
      '452-["image",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]',
      Buffer.from([1]),
      Buffer.from([2]),
    ]);
  });

  it("is dropped while the connection is busy with another namespace [60]", async () => {
    const { io, url } = await startServer();
    io.of("/chat");
    const main = await joinWire({ io, url });
    const chat = await joinMore(io, main.wire, "/chat");
    await writable(main);
    main.socket.emit("in flight");
    chat.socket.volatile.emit("dropped");
    expect(await receivedBy(main)).to.eql(['42["in flight"]']);
  });

  it("is dropped in a connection listener, while the CONNECT response is in flight [50, 60]", async () => {
    const { io, url } = await startServer();
    io.on("connection", (socket) => {
      socket.volatile.emit("dropped");
      socket.emit("kept");
    });
    const wire = await openWire(url);
    await wire.join();
    expect(await wire.next()).to.be('42["kept"]');
  });

  it("is dropped after the connection is closed, and does not throw [60]", async () => {
    const { wire, socket } = await joinWire(await startServer());
    const gone = nextEvent(socket, "disconnect");
    wire.ws.close();
    await gone;
    expect(socket.volatile.emit("hello")).to.be(true);
    expect(socket.emit("hello")).to.be(true);
  });

  it("is dropped without a pending poll [60]", async () => {
    const { polling, socket } = await joinPolling(await startServer());
    socket.volatile.emit("dropped");
    socket.emit("kept");
    expect(await polling.poll()).to.eql(['42["kept"]']);
  });

  it("answers a pending poll, and the second one is dropped [60]", async () => {
    const { polling, socket } = await joinPolling(await startServer());
    const packets = polling.poll();
    await writable({ socket });
    socket.volatile.emit("hello");
    socket.volatile.emit("dropped");
    expect(await packets).to.eql(['42["hello"]']);
    socket.emit("last");
    expect(await polling.poll()).to.eql(['42["last"]']);
  });

  it("may be acknowledged [56, 60]", async () => {
    const joined = await joinWire(await startServer());
    const { wire, socket } = joined;
    await writable(joined);
    const answer = socket.volatile.timeout(5000).emitWithAck("question");
    expect(await wire.next()).to.be('420["question"]');
    wire.send('430["a"]');
    expect(await answer).to.be("a");
  });

  it("is never acknowledged if it is dropped [56, 60]", async () => {
    const joined = await joinWire(await startServer());
    const { socket } = joined;
    await writable(joined);
    socket.emit("in flight");
    const error = await socket.volatile
      .timeout(1)
      .emitWithAck("question")
      .catch((reason: Error) => reason);
    expect((error as Error).message).to.be("operation has timed out");
  });
});

describe("a volatile broadcast", () => {
  it("reaches the clients that are ready, and no others [60, 66]", async () => {
    const running = await startServer();
    const ready = await joinWire(running);
    const busy = await joinWire(running);
    await writable(ready);
    await writable(busy);
    busy.socket.emit("in flight");
    running.io.volatile.emit("hello");
    expect(await receivedBy(ready)).to.eql(['42["hello"]']);
    expect(await receivedBy(busy)).to.eql(['42["in flight"]']);
  });

  it("can be sent to a room, or to all clients except the socket [60, 66]", async () => {
    const running = await startServer();
    const one = await joinWire(running);
    const two = await joinWire(running);
    await writable(one);
    await writable(two);
    one.socket.volatile.broadcast.emit("from one");
    running.io.to(one.socket.id).volatile.emit("to one");
    expect(await receivedBy(one)).to.eql(['42["to one"]']);
    expect(await receivedBy(two)).to.eql(['42["from one"]']);
  });
});

describe("compression", () => {
  /** The `compress` option of each outgoing packet. */
  function recordCompress({ socket }: Joined): unknown[] {
    const seen: unknown[] = [];
    socket.conn.on("packetCreate", ({ options }: any) => seen.push(options.compress));
    return seen;
  }

  it("is enabled by default, and compress(false) applies to the next event only [60]", async () => {
    const joined = await joinWire(await startServer());
    const seen = recordCompress(joined);
    joined.socket.emit("a");
    joined.socket.compress(false).emit("b");
    joined.socket.emit("c");
    joined.socket.compress(true).emit("d");
    expect(seen).to.eql([true, false, true, true]);
  });

  it("can be disabled along with other flags [60]", async () => {
    const joined = await joinWire(await startServer());
    await writable(joined);
    const seen = recordCompress(joined);
    joined.socket.compress(false).volatile.emit("a");
    joined.socket.compress(false).timeout(1).emit("b");
    expect(seen).to.eql([false, false]);
    expect(await receivedBy(joined)).to.eql(['42["a"]', '42["b"]']);
  });

  it("is disabled for all parts of a binary event [60]", async () => {
    const joined = await joinWire(await startServer());
    const seen = recordCompress(joined);
    joined.socket.compress(false).emit("image", Buffer.from([1]));
    expect(seen).to.eql([false, false]);
  });

  it("is visible in the response to a poll, if the server compresses long responses [17, 60]", async () => {
    const { polling, socket } = await joinPolling(await startServer());
    const text = "a".repeat(5000);
    const encodingOf = async (emit: () => void) => {
      emit();
      const { headers } = await ask(polling.address, { headers: { "Accept-Encoding": "gzip" } });
      return headers["content-encoding"];
    };
    expect(await encodingOf(() => socket.emit("text", text))).to.be("gzip");
    expect(await encodingOf(() => socket.compress(false).emit("text", text))).to.be(undefined);
    expect(await encodingOf(() => socket.nsp.compress(false).emit("text", text))).to.be(undefined);
    expect(await encodingOf(() => socket.emit("text", text))).to.be("gzip");
  });
});
