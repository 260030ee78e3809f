import expect from "expect.js";
import { heard, type Joined, joinWire } from "../support/joined";
import { startServer } from "../support/server";
import { nextEvent } from "../support/waiting";

async function join(): Promise<Joined & { log: unknown[]; note(label: string): () => void }> {
  const log: unknown[] = [];
  return {
    ...(await joinWire(await startServer())),
    log,
    note: (label) => () => {
      log.push(label);
    },
  };
}

/** Sends an event that has no other listener, and resolves when the catch-all listeners have received it. */
async function sendOne({ wire, socket }: Joined, event = '["hello"]'): Promise<void> {
  const done = nextEvent(socket, JSON.parse(event)[0]);
  wire.send(`42${event}`);
  await done;
}

describe("a catch-all listener", () => {
  it("receives every event, name first [59]", async () => {
    const joined = await join();
    const { wire, socket, log } = joined;
    socket.onAny((...event: any[]) => log.push(event));
    wire.send('42["a",1,{"b":2}]', '42["nobody listens"]', '42["message"]', '42[7,"seven"]');
    await heard(joined);
    expect(log).to.eql([["a", 1, { b: 2 }], ["nobody listens"], ["message"], [7, "seven"], ["mark"]]);
  });

  it("receives the acknowledgement function as other listeners do, and may call it [55, 59]", async () => {
    const { wire, socket } = await join();
    socket.onAny((_name, ...args: any[]) => args.at(-1)("from the catch-all"));
    wire.send('421["hello",1]');
    expect(await wire.next()).to.be('431["from the catch-all"]');
  });

  it("receives binary data in its place [59]", async () => {
    const { wire, socket } = await join();
    const event = new Promise<any[]>((resolve) => {
      socket.onAny((...args: any[]) => resolve(args));
    });
    wire.send('451-["image",{"_placeholder":true,"num":0}]', Buffer.from([1]));
    expect(await event).to.eql(["image", Buffer.from([1])]);
  });

  it("does not receive the socket's own events [59]", async () => {
    const { wire, socket, log } = await join();
    socket.onAny((name) => log.push(name));
    socket.use((_event, next) => next(new Error("no")));
    const refused = nextEvent(socket, "error");
    wire.send('42["hello"]');
    await refused;
    const gone = nextEvent(socket, "disconnect");
    wire.ws.close();
    await gone;
    expect(log).to.eql(["hello"]);
  });

  it("is called before the listeners of the event, with the socket as this [59]", async () => {
    const joined = await join();
    const { socket, log, note } = joined;
    socket.on("hello", note("listener"));
    socket.prependListener("hello", note("prepended listener"));
    socket.onAny(function (this: unknown) {
      log.push("catch-all", this === socket);
    });
    await sendOne(joined);
    expect(log).to.eql(["catch-all", true, "prepended listener", "listener"]);
  });

  it("is called in the order of onAny(), or first if it was prepended [59]", async () => {
    const joined = await join();
    const { socket, log, note } = joined;
    socket.onAny(note("a"));
    socket.onAny(note("b"));
    socket.prependAny(note("c"));
    socket.prependAny(note("d"));
    await sendOne(joined);
    expect(log).to.eql(["d", "c", "a", "b"]);
  });

  it("that is registered twice is called twice [59]", async () => {
    const joined = await join();
    const { socket, log, note } = joined;
    const listener = note("twice");
    socket.onAny(listener);
    socket.onAny(listener);
    await sendOne(joined);
    expect(log).to.eql(["twice", "twice"]);
  });

  it("is removed by offAny(), the first one of two identical listeners [59]", async () => {
    const joined = await join();
    const { socket, log, note } = joined;
    const [a, b] = [note("a"), note("b")];
    socket.onAny(a);
    socket.onAny(b);
    socket.onAny(a);
    socket.offAny(a);
    await sendOne(joined);
    expect(log).to.eql(["b", "a"]);
    expect(socket.listenersAny()).to.eql([b, a]);
  });

  it("remains if offAny() names another listener, or if there is no listener [59]", async () => {
    const { socket, note } = await join();
    expect(socket.offAny(note("unknown"))).to.be(socket);
    expect(socket.offAny()).to.be(socket);
    const listener = note("a");
    socket.onAny(listener);
    socket.offAny(note("unknown"));
    expect(socket.listenersAny()).to.eql([listener]);
  });

  it("is removed with all others by offAny() without arguments [59]", async () => {
    const joined = await join();
    const { socket, log, note } = joined;
    socket.onAny(note("a"));
    socket.onAny(note("b"));
    socket.offAny();
    expect(socket.listenersAny()).to.eql([]);
    await sendOne(joined);
    expect(log).to.eql([]);
  });

  it("is not removed by removeAllListeners(), which removes listeners of named events [59]", async () => {
    const joined = await join();
    const { socket, log, note } = joined;
    socket.onAny(note("a"));
    socket.on("hello", note("listener"));
    socket.removeAllListeners("hello");
    await sendOne(joined);
    expect(log).to.eql(["a"]);
  });

  it("that is removed during a dispatch is still called for this event [59]", async () => {
    const joined = await join();
    const { socket, log, note } = joined;
    const second = note("second");
    socket.onAny(() => {
      log.push("first");
      socket.offAny(second);
    });
    socket.onAny(second);
    await sendOne(joined);
    await sendOne(joined);
    expect(log).to.eql(["first", "second", "first"]);
  });

  it("is still called for this event if all are removed during a dispatch [59]", async () => {
    const joined = await join();
    const { socket, log, note } = joined;
    socket.onAny(() => {
      log.push("first");
      socket.offAny();
    });
    socket.onAny(note("second"));
    await sendOne(joined);
    await sendOne(joined);
    expect(log).to.eql(["first", "second"]);
  });

  it("that removes itself does not skip the next listener [59]", async () => {
    const joined = await join();
    const { socket, log, note } = joined;
    const once = () => {
      log.push("once");
      socket.offAny(once);
    };
    socket.onAny(once);
    socket.onAny(note("second"));
    await sendOne(joined);
    await sendOne(joined);
    expect(log).to.eql(["once", "second", "second"]);
  });

  it("that is added during a dispatch is called from the next event on [59]", async () => {
    const joined = await join();
    const { socket, log, note } = joined;
    let added = false;
    socket.onAny(() => {
      log.push("first");
      if (!added) {
        added = true;
        socket.onAny(note("added"));
        socket.prependAny(note("prepended"));
      }
    });
    await sendOne(joined);
    await sendOne(joined);
    expect(log).to.eql(["first", "prepended", "first", "added"]);
  });

  it("receives a copy of the argument list: its changes to the list do not reach other listeners [59]", async () => {
    const joined = await join();
    const { socket } = joined;
    socket.onAny((...event: any[]) => {
      event[1] = "changed";
    });
    const event = nextEvent(socket, "hello");
    joined.wire.send('42["hello","original"]');
    expect(await event).to.eql(["original"]);
  });

  it("may be an async function [59]", async () => {
    const joined = await join();
    const { socket, log } = joined;
    socket.onAny(async (name) => {
      await Promise.resolve();
      log.push(name);
    });
    await sendOne(joined);
    await heard(joined);
    expect(log[0]).to.be("hello");
  });

  it("of one socket does not receive events of another socket [59]", async () => {
    const running = await startServer();
    const one = await joinWire(running);
    const two = await joinWire(running);
    const log: unknown[] = [];
    one.socket.onAny((name) => log.push(name));
    await sendOne(two);
    expect(log).to.eql([]);
  });
});

describe("listenersAny()", () => {
  it("returns an empty list at first [59]", async () => {
    const { socket } = await join();
    expect(socket.listenersAny()).to.eql([]);
    expect(socket.listenersAnyOutgoing()).to.eql([]);
  });

  it("returns the listeners in order [59]", async () => {
    const { socket, note } = await join();
    const [a, b, c] = [note("a"), note("b"), note("c")];
    socket.onAny(a);
    socket.onAny(b);
    socket.prependAny(c);
    expect(socket.listenersAny()).to.eql([c, a, b]);
  });

  it("returns the list itself: a listener that is removed from the list is not called [59]", async () => {
    const joined = await join();
    const { socket, log, note } = joined;
    const [a, b] = [note("a"), note("b")];
    socket.onAny(a);
    socket.onAny(b);
    const listeners = socket.listenersAny();
    listeners.splice(listeners.indexOf(a), 1);
    await sendOne(joined);
    expect(log).to.eql(["b"]);
  });

  it("is a different list from that for outgoing events [59]", async () => {
    const { socket, note } = await join();
    const [incoming, outgoing] = [note("incoming"), note("outgoing")];
    socket.onAny(incoming);
    socket.onAnyOutgoing(outgoing);
    expect(socket.listenersAny()).to.eql([incoming]);
    expect(socket.listenersAnyOutgoing()).to.eql([outgoing]);
    socket.offAny();
    expect(socket.listenersAnyOutgoing()).to.eql([outgoing]);
    socket.offAnyOutgoing();
    expect(socket.listenersAnyOutgoing()).to.eql([]);
  });
});
