import expect from "expect.js";
import { heard, type Joined, joinWire } from "../support/joined";
import { ownTest } from "../support/own-tests";
import { startServer } from "../support/server";
import { nextEvent, nextValue } from "../support/waiting";

type Next = (error?: any) => void;

/** A joined connection, with one list of all events that its socket receives. */
async function join(): Promise<Joined & { events: any[][] }> {
  const joined = await joinWire(await startServer());
  const events: any[][] = [];
  for (const name of ["hello", "other"]) {
    joined.socket.on(name, (...args: any[]) => events.push([name, ...args]));
  }
  return { ...joined, events };
}

describe("a packet middleware", () => {
  it("runs for each event before its listeners, in the order of use() [48]", async () => {
    const { wire, socket } = await join();
    const order: string[] = [];
    for (const label of ["first", "second"]) {
      socket.use(([name], next) => {
        order.push(`${label} ${name}`);
        next();
      });
    }
    socket.on("hello", () => order.push("listener"));
    wire.send('42["hello"]');
    await nextEvent(socket, "hello");
    expect(order).to.eql(["first hello", "second hello", "listener"]);
  });

  it("receives the name, the arguments and the acknowledgement, in one array [48]", async () => {
    const { wire, socket } = await join();
    let seen: any;
    socket.use((event, next) => {
      seen = event;
      next();
    });
    wire.send('4212["hello",1,{"a":[2]},null]');
    await nextEvent(socket, "hello");
    expect(seen).to.be.an(Array);
    expect(seen.slice(0, -1)).to.eql(["hello", 1, { a: [2] }, null]);
    seen.at(-1)("from the middleware");
    expect(await wire.next()).to.be('4312["from the middleware"]');
  });

  it("receives binary data in its place [48]", async () => {
    const { wire, socket } = await join();
    const event = new Promise<any[]>((resolve) => {
      socket.use((packet) => resolve(packet));
    });
    wire.send('451-["hello",{"_placeholder":true,"num":0}]', Buffer.from([1, 2]));
    expect(await event).to.eql(["hello", Buffer.from([1, 2])]);
  });

  it("delays the event until it calls next() [48]", async () => {
    const joined = await join();
    const { wire, socket, events } = joined;
    let proceed: Next = () => {};
    const waiting = new Promise<void>((resolve) => {
      socket.use(([name], next) => {
        if (name === "hello") {
          proceed = next;
          resolve();
        } else {
          next();
        }
      });
    });
    wire.send('42["hello"]', '42["other"]');
    await waiting;
    await heard(joined);
    expect(events).to.eql([["other"]]);
    const released = nextEvent(socket, "hello");
    proceed();
    await released;
    expect(events).to.eql([["other"], ["hello"]]);
  });

  it("that never calls next() drops the event silently [48]", async () => {
    const joined = await join();
    const { wire, socket, events } = joined;
    const errors: unknown[] = [];
    socket.on("error", (error) => errors.push(error));
    socket.use(([name], next) => {
      if (name !== "hello") {
        next();
      }
    });
    wire.send('420["hello"]');
    await heard(joined);
    socket.emit("last");
    expect(await wire.next()).to.be('42["last"]');
    expect(events).to.eql([]);
    expect(errors).to.eql([]);
  });

  it("can change the name and the arguments of the event [48]", async () => {
    const { wire, socket, events } = await join();
    socket.use((event, next) => {
      event[0] = "other";
      event[1] = "changed";
      event.push("added");
      next();
    });
    wire.send('42["hello","original"]');
    await nextEvent(socket, "other");
    expect(events).to.eql([["other", "changed", "added"]]);
  });

  it("runs for events without listeners [48]", async () => {
    const { wire, socket } = await join();
    const name = new Promise((resolve) => {
      socket.use(([event]) => resolve(event));
    });
    wire.send('42["nobody listens"]');
    expect(await name).to.be("nobody listens");
  });

  it("runs neither for acknowledgements nor for outgoing events [48]", async () => {
    const joined = await join();
    const { wire, socket } = joined;
    const met: unknown[] = [];
    socket.use(([name], next) => {
      met.push(name);
      next();
    });
    const answered = new Promise((resolve) => {
      socket.emit("question", resolve);
    });
    expect(await wire.next()).to.be('420["question"]');
    wire.send('430["answer"]');
    expect(await answered).to.be("answer");
    await heard(joined);
    expect(met).to.eql(["mark"]);
  });

  it("runs after the catch-all listeners [48, 59]", async () => {
    const { wire, socket } = await join();
    const order: string[] = [];
    socket.use((_event, next) => {
      order.push("middleware");
      next();
    });
    socket.onAny(() => order.push("catch-all"));
    socket.on("hello", () => order.push("listener"));
    wire.send('42["hello"]');
    await nextEvent(socket, "hello");
    expect(order).to.eql(["catch-all", "middleware", "listener"]);
  });

  it("of one socket does not run for the events of another [48]", async () => {
    const running = await startServer();
    const one = await joinWire(running);
    const two = await joinWire(running);
    const met: unknown[] = [];
    one.socket.use(([name], next) => {
      met.push(name);
      next();
    });
    two.wire.send('42["hello"]');
    await heard(two);
    expect(met).to.eql([]);
  });

  it("is added with use(), which returns the socket [48]", async () => {
    const { socket } = await join();
    expect(socket.use((_event, next) => next())).to.be(socket);
  });

  it("can be added by a connection middleware or a connection listener: both run before the first event [48]", async () => {
    const { io, connect } = await startServer();
    const met: string[] = [];
    const note = (label: string) => (_event: unknown, next: Next) => {
      met.push(label);
      next();
    };
    io.use((socket, next) => {
      socket.use(note("in the middleware"));
      next();
    });
    const heardEvent = new Promise((resolve) => {
      io.on("connection", (socket) => {
        socket.use(note("in the listener"));
        socket.on("hello", resolve);
      });
    });
    connect().emit("hello");
    await heardEvent;
    expect(met).to.eql(["in the middleware", "in the listener"]);
  });

  ownTest("that calls next() twice passes the event on once [48]", async () => {
    const joined = await join();
    const { wire, socket, events } = joined;
    socket.use((_event, next) => {
      next();
      next();
    });
    wire.send('42["hello"]');
    await heard(joined);
    expect(events).to.eql([["hello"]]);
  });
});

describe("a packet middleware that refuses", () => {
  it("passes the error to the error listeners of the socket, unchanged [48, 52]", async () => {
    const joined = await join();
    const { wire, socket, events } = joined;
    const refusal = Object.assign(new Error("not you"), { data: { content: 1 } });
    socket.use(([name], next) => next(name === "hello" ? refusal : undefined));
    const error = nextValue(socket, "error");
    wire.send('42["hello"]');
    expect(await error).to.be(refusal);
    await heard(joined);
    expect(events).to.eql([]);
  });

  it("sends nothing to the client, and keeps it connected [48]", async () => {
    const joined = await join();
    const { wire, socket } = joined;
    socket.use(([name], next) => next(name === "hello" ? new Error("no") : undefined));
    wire.send('420["hello"]');
    await heard(joined);
    socket.emit("last");
    expect(await wire.next()).to.be('42["last"]');
    expect(socket.connected).to.be(true);
  });

  it("does not require a listener for the error [48, 52]", async () => {
    const joined = await join();
    const { wire, socket } = joined;
    socket.use(([name], next) => next(name === "hello" ? new Error("no") : undefined));
    wire.send('42["hello"]');
    await heard(joined);
    expect(socket.connected).to.be(true);
  });

  it("drops the event: the next middleware does not run [48]", async () => {
    const joined = await join();
    const { wire, socket } = joined;
    const met: unknown[] = [];
    socket.use(([name], next) => next(name === "hello" ? new Error("no") : undefined));
    socket.use(([name], next) => {
      met.push(name);
      next();
    });
    wire.send('42["hello"]');
    await heard(joined);
    expect(met).to.eql(["mark"]);
  });

  it("can do so later [48]", async () => {
    const { wire, socket } = await join();
    const refusal = new Error("no");
    socket.use((_event, next) => {
      setImmediate(() => next(refusal));
    });
    const error = nextValue(socket, "error");
    wire.send('42["hello"]');
    expect(await error).to.be(refusal);
  });

  it("allows the error listener to disconnect the client [48, 53]", async () => {
    const { wire, socket, events } = await join();
    socket.use((_event, next) => next(new Error("no")));
    socket.on("error", () => socket.disconnect());
    wire.send('42["hello"]', '42["other"]');
    expect(await wire.next()).to.be("41");
    expect(events).to.eql([]);
  });
});

describe("an event whose packet middleware is pending", () => {
  it("is dropped if the socket is disconnected meanwhile [48, 62]", async () => {
    const { wire, socket, events } = await join();
    const waiting = new Promise<Next>((resolve) => {
      socket.use((_event, next) => resolve(next));
    });
    wire.send('42["hello"]');
    const proceed = await waiting;
    socket.disconnect();
    proceed();
    await wire.next();
    await new Promise(setImmediate);
    expect(events).to.eql([]);
  });

  it("is dropped if the middleware itself disconnects the socket [48, 62]", async () => {
    const { wire, socket, events } = await join();
    socket.use((_event, next) => {
      socket.disconnect();
      next();
    });
    wire.send('42["hello"]');
    expect(await wire.next()).to.be("41");
    await new Promise(setImmediate);
    expect(events).to.eql([]);
  });
});
