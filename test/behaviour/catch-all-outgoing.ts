import expect from "expect.js";
import { type Joined, joinMore, joinWire } from "../support/joined";
import { type Running, startServer } from "../support/server";
import { openWire } from "../support/wire";

interface Watched extends Joined, Pick<Running, "io" | "url"> {
  log: unknown[];
  note(label: string): () => void;
}

async function join(): Promise<Watched> {
  const { io, url } = await startServer();
  const log: unknown[] = [];
  return {
    io,
    url,
    ...(await joinWire({ io, url })),
    log,
    note: (label) => () => {
      log.push(label);
    },
  };
}

/** A joined connection with a record of the events that its catch-all listener for outgoing events receives. */
async function joinWatched(): Promise<Watched> {
  const watched = await join();
  watched.socket.onAnyOutgoing((...event: any[]) => watched.log.push(event));
  return watched;
}

describe("a catch-all listener for outgoing events", () => {
  it("receives every event to the client, name first [59]", async () => {
    const { socket, log } = await joinWatched();
    socket.emit("a", 1, { b: 2 });
    socket.send("c").write("d");
    socket.emit(7 as never);
    socket.compress(false).emit("e");
    expect(log).to.eql([["a", 1, { b: 2 }], ["message", "c"], ["message", "d"], [7], ["e"]]);
  });

  it("is called synchronously in emit() [59]", async () => {
    const { socket, log } = await joinWatched();
    socket.emit("a");
    expect(log).to.eql([["a"]]);
  });

  it("receives no acknowledgement function, with or without a timeout [55, 59]", async () => {
    const { socket, log } = await joinWatched();
    socket.emit("a", 1, () => {});
    socket.timeout(1).emit("b", 2, () => {});
    socket
      .timeout(1)
      .emitWithAck("c", 3)
      .catch(() => {});
    expect(log).to.eql([
      ["a", 1],
      ["b", 2],
      ["c", 3],
    ]);
  });

  it("receives a binary event as a whole [59]", async () => {
    const { socket, log } = await joinWatched();
    const bytes = Buffer.from([1]);
    socket.emit("image", { bytes });
    expect(log).to.eql([["image", { bytes }]]);
    expect((log[0] as any)[1].bytes).to.be(bytes);
  });

  it("receives broadcasts to the client, whatever their source [59]", async () => {
    const { io, url, socket, log } = await joinWatched();
    const other = await joinWire({ io, url });
    socket.join("room");
    io.emit("server", 1);
    io.of("/").emit("namespace");
    io.to("room").emit("room");
    io.local.emit("local");
    io.send("sent");
    other.socket.broadcast.emit("broadcast");
    other.socket.to("room").emit("to");
    io.emit("binary", Buffer.from([1]));
    expect(log).to.eql([
      ["server", 1],
      ["namespace"],
      ["room"],
      ["local"],
      ["message", "sent"],
      ["broadcast"],
      ["to"],
      ["binary", Buffer.from([1])],
    ]);
  });

  it("receives a broadcast with acknowledgements [57, 59]", async () => {
    const { io, log } = await joinWatched();
    io.timeout(1).emit("question", 1, () => {});
    expect(log).to.eql([["question", 1]]);
  });

  it("does not receive broadcasts to other clients [59]", async () => {
    const { io, url, socket, log } = await joinWatched();
    await joinWire({ io, url });
    socket.broadcast.emit("to all others");
    socket.to("room").emit("to a room");
    io.except(socket.id).emit("to all but one");
    io.of("/other").emit("elsewhere");
    expect(log).to.eql([]);
  });

  it("does not receive events to the same client in another namespace [59]", async () => {
    const { io, wire, log } = await joinWatched();
    io.of("/chat");
    const { socket: chat } = await joinMore(io, wire, "/chat");
    chat.emit("hello");
    expect(log).to.eql([]);
  });

  it("receives events that a middleware or a connection listener sends [50, 59]", async () => {
    const { io, url } = await startServer();
    const log: unknown[] = [];
    io.use((socket, next) => {
      socket.onAnyOutgoing((name) => log.push(name));
      socket.emit("in the middleware");
      next();
    });
    io.on("connection", (socket) => socket.emit("in the listener"));
    const wire = await openWire(url);
    await wire.join();
    await wire.next();
    expect(log).to.eql(["in the middleware", "in the listener"]);
  });

  it("receives neither CONNECT nor DISCONNECT nor events of the client [59]", async () => {
    const { wire, socket, log } = await joinWatched();
    const came = new Promise((resolve) => {
      socket.on("hello", resolve);
    });
    wire.send('42["hello",1]');
    await came;
    socket.disconnect();
    expect(log).to.eql([]);
  });

  it("receives a volatile event, whether it is dropped or not [59, 60]", async () => {
    const { wire, socket, log } = await joinWatched();
    socket.emit("busy");
    socket.volatile.emit("dropped");
    socket.emit("last");
    expect(await wire.next()).to.be('42["busy"]');
    expect(await wire.next()).to.be('42["last"]');
    expect(log).to.eql([["busy"], ["dropped"], ["last"]]);
  });

  it("may modify arguments that are objects before they are sent [59]", async () => {
    const { wire, socket } = await join();
    socket.onAnyOutgoing((_name, list) => list.push("added"));
    socket.emit("hello", [1]);
    expect(await wire.next()).to.be('42["hello",[1,"added"]]');
  });

  it("is called in the order of onAnyOutgoing(), or first if it was prepended [59]", async () => {
    const { socket, log, note } = await join();
    socket.onAnyOutgoing(note("a"));
    socket.onAnyOutgoing(note("b"));
    socket.prependAnyOutgoing(note("c"));
    socket.prependAnyOutgoing(note("d"));
    socket.emit("hello");
    expect(log).to.eql(["d", "c", "a", "b"]);
  });

  it("is called with the socket as this [59]", async () => {
    const { io, socket, log } = await join();
    socket.onAnyOutgoing(function (this: unknown) {
      log.push(this === socket);
    });
    socket.emit("hello");
    io.emit("hello");
    expect(log).to.eql([true, true]);
  });

  it("is removed by offAnyOutgoing(), alone or with all others [59]", async () => {
    const { socket, log, note } = await join();
    const [a, b, c] = [note("a"), note("b"), note("c")];
    socket.onAnyOutgoing(a);
    socket.onAnyOutgoing(b);
    socket.onAnyOutgoing(c);
    socket.offAnyOutgoing(b);
    expect(socket.listenersAnyOutgoing()).to.eql([a, c]);
    socket.emit("hello");
    socket.offAnyOutgoing();
    expect(socket.listenersAnyOutgoing()).to.eql([]);
    socket.emit("hello");
    expect(log).to.eql(["a", "c"]);
  });

  it("remains if offAnyOutgoing() names another listener, or if there is no listener [59]", async () => {
    const { socket, note } = await join();
    expect(socket.offAnyOutgoing(note("unknown"))).to.be(socket);
    expect(socket.offAnyOutgoing()).to.be(socket);
    const listener = note("a");
    socket.onAnyOutgoing(listener);
    socket.offAnyOutgoing(note("unknown"));
    expect(socket.listenersAnyOutgoing()).to.eql([listener]);
  });

  it("that is removed during a dispatch is still called for this event [59]", async () => {
    const { socket, log, note } = await join();
    const second = note("second");
    socket.onAnyOutgoing(() => {
      log.push("first");
      socket.offAnyOutgoing(second);
    });
    socket.onAnyOutgoing(second);
    socket.emit("1");
    socket.emit("2");
    expect(log).to.eql(["first", "second", "first"]);
  });

  it("that is added during a dispatch is called from the next event on [59]", async () => {
    const { io, socket, log, note } = await join();
    socket.onAnyOutgoing(() => {
      log.push("first");
      if (log.length === 1) {
        socket.onAnyOutgoing(note("added"));
      }
    });
    io.emit("1");
    io.emit("2");
    expect(log).to.eql(["first", "first", "added"]);
  });

  it("can be removed from the list that listenersAnyOutgoing() returns [59]", async () => {
    const { socket, log, note } = await join();
    const [a, b] = [note("a"), note("b")];
    socket.onAnyOutgoing(a);
    socket.onAnyOutgoing(b);
    const listeners = socket.listenersAnyOutgoing();
    listeners.splice(listeners.indexOf(a), 1);
    socket.emit("hello");
    expect(log).to.eql(["b"]);
  });

  it("may send events itself, if this recursion ends [59]", async () => {
    const { wire, socket } = await join();
    socket.onAnyOutgoing((name) => {
      if (name === "hello") {
        socket.emit("echo");
      }
    });
    socket.emit("hello");
    expect(await wire.next()).to.be('42["echo"]');
    expect(await wire.next()).to.be('42["hello"]');
  });

  it("is called by notifyOutgoingListeners(), which adapters call for each receiver [59]", async () => {
    const { socket, log } = await joinWatched();
    (socket as any).notifyOutgoingListeners({ type: 2, nsp: "/", data: ["hello", 1] });
    expect(log).to.eql([["hello", 1]]);
  });
});
