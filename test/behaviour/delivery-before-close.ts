import { Worker } from "node:worker_threads";
import expect from "expect.js";
import { onTestEnd } from "../support/cleanup";
import { framesBeforeExit } from "../support/exiting-server";
import { itOnFastPath } from "../support/fast-path";
import { joinPolling, joinWire, writable } from "../support/joined";
import { type Running, startServer } from "../support/server";
import type { SocketType } from "../support/subject";
import { nextValue, turn } from "../support/waiting";
import type { Frame, Wire } from "../support/wire";

const PLACEHOLDER = '{"_placeholder":true,"num":0}';

/** Shortens long texts, and removes the packet ids of questions, which depend on earlier questions. */
function brief(frame: Frame): Frame {
  return typeof frame === "string"
    ? frame.replace(/x{9,}/, (xs) => `${xs.length} x`).replace(/^42\d+/, "42#")
    : frame;
}

/** All frames until the connection is closed. */
async function framesUntilClosed({ ws, closed }: Wire): Promise<{ frames: Frame[]; code: number }> {
  const frames: Frame[] = [];
  ws.on("message", (data: Buffer, binary) => frames.push(brief(binary ? data : data.toString())));
  const code = await closed;
  return { frames, code };
}

/** Sends events in each way; returns the expected frames. */
function sendAll(socket: SocketType): Frame[] {
  socket.emit("one");
  socket.nsp.emit("two", Buffer.from([2]));
  socket.nsp.to(socket.id).emit("three");
  socket.emit("four", () => {});
  socket.emit("five", "x".repeat(100_000));
  socket.emit("six");
  return [
    '42["one"]',
    `451-["two",${PLACEHOLDER}]`,
    Buffer.from([2]),
    '42["three"]',
    '42#["four"]',
    '42["five","100000 x"]',
    '42["six"]',
  ];
}

describe("data that was sent before the server closes the connection", () => {
  const ways: Record<string, { close(socket: SocketType, io: Running["io"]): unknown; after: Frame[] }> = {
    "socket.disconnect(true)": { close: (socket) => socket.disconnect(true), after: ["41"] },
    "io.disconnectSockets(true)": { close: (_socket, io) => io.disconnectSockets(true), after: ["41"] },
    "conn.close()": { close: (socket) => socket.conn.close(), after: [] },
  };

  for (const [how, { close, after }] of Object.entries(ways)) {
    it(`arrives before the connection is closed: ${how} [61, 68, 90, 91]`, async () => {
      const running = await startServer();
      const { wire, socket } = await joinWire(running);
      await writable({ socket });
      const all = framesUntilClosed(wire);
      const expected = sendAll(socket);
      close(socket, running.io);
      const { frames, code } = await all;
      expect(frames).to.eql([...expected, ...after]);
      expect(code).to.be(1005);
    });
  }

  it("arrives before the connection is closed: one event, and io.close() [90, 91]", async () => {
    const { io, url } = await startServer();
    const { wire, socket } = await joinWire({ io, url });
    await writable({ socket });
    const all = framesUntilClosed(wire);
    socket.emit("last words");
    await io.close();
    expect(await all).to.eql({ frames: ['42["last words"]'], code: 1005 });
  });

  itOnFastPath(
    "arrives before the connection is closed: all events of the tick, and io.close() [90, 91]",
    async () => {
      const { io, url } = await startServer({ perMessageDeflate: false });
      const { wire, socket } = await joinWire({ io, url });
      await writable({ socket });
      const all = framesUntilClosed(wire);
      const expected = sendAll(socket);
      await io.close();
      expect(await all).to.eql({ frames: expected, code: 1005 });
    },
  );

  it("arrives before the disconnect packet of a socket whose connection remains open [61]", async () => {
    const { wire, socket } = await joinWire(await startServer());
    const expected = sendAll(socket);
    socket.disconnect();
    for (const frame of [...expected, "41"]) {
      expect(brief(await wire.next())).to.eql(frame);
    }
    expect(await wire.join()).to.match(/^40/);
  });

  it("arrives when the connection is closed in later ticks and turns too [61]", async () => {
    const running = await startServer();
    for (const later of [(work: () => void) => process.nextTick(work), queueMicrotask, setImmediate]) {
      const { wire, socket } = await joinWire(running);
      await writable({ socket });
      const all = framesUntilClosed(wire);
      const expected = sendAll(socket);
      later(() => socket.disconnect(true));
      expect((await all).frames).to.eql([...expected, "41"]);
    }
  });

  it("arrives from a handler that ends with disconnect() [61]", async () => {
    const { wire, socket } = await joinWire(await startServer());
    let expected: Frame[] = [];
    socket.on("go", () => {
      expected = sendAll(socket);
      socket.disconnect(true);
    });
    const all = framesUntilClosed(wire);
    wire.send('42["go"]', '42["go"]');
    expect((await all).frames).to.eql([...expected, "41"]);
  });

  it("arrives at a polling client too [61]", async () => {
    const { polling, socket } = await joinPolling(await startServer());
    socket.emit("one");
    socket.disconnect(true);
    expect(await polling.next()).to.be('42["one"]');
    expect(await polling.next()).to.be("41");
  });
});

describe("data that was sent before the process exits", () => {
  const all: Record<string, Promise<Frame[]>> = {};

  before(async () => {
    // the processes run in parallel
    for (const way of [
      "one event",
      "a large event",
      "an uncaught error",
      "many events",
      "many events in some ticks",
      "events that are being compressed",
    ]) {
      all[way] = framesBeforeExit(way);
    }
    await Promise.all(Object.values(all));
  });

  it("arrives: an event before process.exit() [55]", async () => {
    expect(await all["one event"]).to.eql(['42["last words"]']);
  });

  it("arrives: a large event before process.exit() [55]", async () => {
    expect(await all["a large event"]).to.eql([`42["last words","${"x".repeat(100_000)}"]`]);
  });

  it("arrives: an event before an uncaught error [55]", async () => {
    expect(await all["an uncaught error"]).to.eql(['42["last words"]']);
  });

  itOnFastPath("arrives: all events of one tick before process.exit(), not only the first [55]", async () => {
    const expected: Frame[] = [];
    for (let i = 0; i < 10; i++) {
      expected.push(`42["n",${i}]`, `451-["to all",${PLACEHOLDER}]`, Buffer.from([i]));
    }
    expect(await all["many events"]).to.eql(expected);
  });

  it("arrives: the events of several ticks before process.exit() [55]", async () => {
    expect(await all["many events in some ticks"]).to.eql(['42["n",0]', '42["n",1]', '42["n",2]']);
  });

  itOnFastPath("arrives: events that are being compressed in another thread", async () => {
    expect(await all["events that are being compressed"]).to.eql([
      `42["last","${"x".repeat(100_000)}"]`,
      `42["words","${"y".repeat(100_000)}"]`,
      '42["after"]',
    ]);
  });
});

/** A client in a separate thread, which joins by itself, and counts messages in shared memory. */
const clientThread = `
  const { workerData: { url, counter, ws: path } } = require("node:worker_threads");
  const { WebSocket } = require(path);
  const received = new Int32Array(counter);
  const ws = new WebSocket(url);
  ws.on("error", () => {});
  ws.on("message", (data) => {
    if (data[0] === 0x30) {
      ws.send("40");
    } else if (data[1] === 0x32) {
      Atomics.add(received, 0, 1);
      Atomics.notify(received, 0);
    }
  });
`;

/** A connected client in a thread; `waitFor` blocks the main thread until the client has this many events. */
async function joinThread({ io, port }: Running) {
  const counter = new SharedArrayBuffer(4);
  const received = new Int32Array(counter);
  const connected = nextValue<SocketType>(io, "connection");
  const url = `ws://localhost:${port}/socket.io/?EIO=4&transport=websocket`;
  const thread = new Worker(clientThread, {
    eval: true,
    execArgv: [],
    workerData: { url, counter, ws: require.resolve("ws") },
  });
  onTestEnd(() => thread.terminate());
  const socket = await connected;
  await writable({ socket });
  const waitFor = (events: number): boolean => {
    for (let now = Atomics.load(received, 0); now < events; now = Atomics.load(received, 0)) {
      if (Atomics.wait(received, 0, now, 3000) === "timed-out") {
        return false;
      }
    }
    return true;
  };
  return { socket, waitFor };
}

describe("data that was sent before long synchronous work", () => {
  it("arrives during the work, if it is large [55]", async () => {
    const { socket, waitFor } = await joinThread(await startServer({ perMessageDeflate: false }));
    socket.emit("text", "x".repeat(70_000));
    expect(waitFor(1)).to.be(true);
  });

  it("arrives during the work, if it is binary and large [55]", async () => {
    const { socket, waitFor } = await joinThread(await startServer({ perMessageDeflate: false }));
    await turn();
    socket.conn.send(Buffer.alloc(70_000, 0x32));
    expect(waitFor(1)).to.be(true);
  });

  itOnFastPath("arrives during the work except for the last part, if there is much of it [55]", async () => {
    const { socket, waitFor } = await joinThread(await startServer({ perMessageDeflate: false }));
    const count = 1000;
    for (let i = 0; i < count; i++) {
      socket.emit("text", "x".repeat(1000));
    }
    // at most 64 kB remain until the end of the turn
    expect(waitFor(count - 66)).to.be(true);
  });
});
