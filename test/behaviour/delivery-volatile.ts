import expect from "expect.js";
import { joinWire, receivedBy, writable } from "../support/joined";
import { startServer } from "../support/server";
import { nextEvent, turn } from "../support/waiting";

type When = (work: () => void) => unknown;

/** The kind of task in which the first event is sent. */
const places: Record<string, When> = {
  "a macrotask": (work) => setImmediate(work),
  "a microtask": (work) => setImmediate(() => Promise.resolve().then(work)),
  "a tick": (work) => setImmediate(() => process.nextTick(work)),
};

/** The time at which the second event is sent, and the tasks for which it is dropped since no tick has passed. */
const moments: Record<string, { later: When; dropped: string[] }> = {
  "at once": { later: (work) => work(), dropped: Object.keys(places) },
  "in the next tick": { later: (work) => process.nextTick(work), dropped: [] },
  "in a microtask": { later: (work) => Promise.resolve().then(work), dropped: ["a microtask"] },
  "some microtasks later": {
    later: (work) =>
      Promise.resolve()
        .then(() => {})
        .then(work),
    dropped: ["a microtask"],
  },
  "in a tick after a microtask": {
    later: (work) => Promise.resolve().then(() => process.nextTick(work)),
    dropped: [],
  },
  "in the next turn": { later: (work) => setImmediate(work), dropped: [] },
};

/** Runs each step at its time. */
function inOrder(place: When, first: () => void, later: When, second: () => void): Promise<void> {
  return new Promise((resolve) => {
    place(() => {
      first();
      later(() => {
        second();
        resolve();
      });
    });
  });
}

describe("the time during which a connection is busy", () => {
  for (const [name, place] of Object.entries(places)) {
    for (const [moment, { later, dropped }] of Object.entries(moments)) {
      const isDropped = dropped.includes(name);
      it(`after an event in ${name}: a volatile event ${moment} ${isDropped ? "is dropped" : "arrives"} [60]`, async () => {
        const joined = await joinWire(await startServer());
        const { socket } = joined;
        for (const first of [socket, socket.volatile]) {
          await turn();
          await writable(joined);
          await inOrder(
            place,
            () => first.emit("one"),
            later,
            () => socket.volatile.emit("two"),
          );
          const expected = isDropped ? ['42["one"]'] : ['42["one"]', '42["two"]'];
          expect(await receivedBy(joined)).to.eql(expected);
        }
      });
    }
  }

  it("is the same in a handler: a second volatile event is dropped, one in the next tick arrives [60]", async () => {
    const joined = await joinWire(await startServer());
    const { wire, socket } = joined;
    await writable(joined);
    socket.on("go", () => {
      socket.volatile.emit("one");
      socket.volatile.emit("dropped");
      process.nextTick(() => socket.volatile.emit("two"));
    });
    const went = nextEvent(socket, "go");
    wire.send('42["go"]');
    await went;
    await turn();
    expect(await receivedBy(joined)).to.eql(['42["one"]', '42["two"]']);
  });

  it("is the same for broadcasts, and for binary events [60, 66]", async () => {
    const running = await startServer();
    const joined = await joinWire(running);
    const { socket } = joined;
    await writable(joined);
    running.io.volatile.emit("one");
    running.io.volatile.emit("dropped");
    socket.volatile.emit("dropped");
    running.io.to(socket.id).volatile.emit("dropped", Buffer.from([1]));
    await turn();
    socket.volatile.emit("bytes", Buffer.from([2]));
    running.io.volatile.emit("dropped");
    await turn();
    running.io.volatile.emit("two");
    await turn();
    expect(await receivedBy(joined)).to.eql([
      '42["one"]',
      '451-["bytes",{"_placeholder":true,"num":0}]',
      Buffer.from([2]),
      '42["two"]',
    ]);
  });

  it("is separate for each connection [60]", async () => {
    const running = await startServer();
    const [one, two] = [await joinWire(running), await joinWire(running)];
    await writable(one);
    await writable(two);
    one.socket.emit("busy");
    two.socket.volatile.emit("ready");
    one.socket.volatile.emit("dropped");
    await turn();
    expect(await receivedBy(one)).to.eql(['42["busy"]']);
    expect(await receivedBy(two)).to.eql(['42["ready"]']);
  });

  it("also begins with data that is sent with conn.send [36, 60]", async () => {
    const joined = await joinWire(await startServer());
    await writable(joined);
    joined.socket.conn.send('2["busy"]');
    joined.socket.volatile.emit("dropped");
    await turn();
    joined.socket.volatile.emit("ready");
    expect(await receivedBy(joined)).to.eql(['42["busy"]', '42["ready"]']);
  });
});
