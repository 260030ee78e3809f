import { AsyncLocalStorage } from "node:async_hooks";
import expect from "expect.js";
import { itOnFastPath } from "../support/fast-path";
import { heard, joinWire, writable } from "../support/joined";
import { startServer } from "../support/server";
import { takeUncaught } from "../support/uncaught";
import { eventually, turn } from "../support/waiting";
import type { Wire } from "../support/wire";

/** Sends several messages in one chunk, so that the server reads them together. */
function sendAtOnce({ ws }: Wire, ...messages: string[]): void {
  const tcp = (ws as any)._socket;
  tcp.cork();
  for (const message of messages) {
    ws.send(message);
  }
  tcp.uncork();
}

describe("a handler that throws", () => {
  it("does not prevent the following events from being handled [62]", async () => {
    const joined = await joinWire(await startServer());
    const { wire, socket } = joined;
    const errors = takeUncaught();
    const seen: unknown[] = [];
    socket.on("n", (i: number) => {
      seen.push(i);
      if (i % 2 === 0) {
        throw new Error(`on purpose: ${i}`);
      }
    });
    sendAtOnce(wire, '42["n",0]', '42["n",1]', '42["n",2]', '42["n",3]', '42["n",4]', '42["mark"]');
    wire.send('42["n",5]');
    await eventually(() => seen.length === 6);
    await heard(joined);
    expect(seen).to.eql([0, 1, 2, 3, 4, 5]);
    expect(errors).to.eql([0, 2, 4].map((i) => `on purpose: ${i}`));
    expect(socket.connected).to.be(true);
  });

  it("does not delay its own events, nor the answers of other handlers [55, 62]", async () => {
    const { wire, socket } = await joinWire(await startServer());
    const errors = takeUncaught();
    socket.on("bad", () => {
      socket.emit("sent before");
      throw new Error("on purpose");
    });
    socket.on("question", (answer: (text: string) => void) => answer("yes"));
    sendAtOnce(wire, '42["bad"]', '427["question"]', '42["bad"]', '428["question"]');
    for (const frame of ['42["sent before"]', '437["yes"]', '42["sent before"]', '438["yes"]']) {
      expect(await wire.next()).to.be(frame);
    }
    expect(errors).to.eql(["on purpose", "on purpose"]);
  });

  it("does not affect other connections that are read in the same turn [62]", async () => {
    const running = await startServer();
    const bad = await joinWire(running);
    const good = await joinWire(running);
    const errors = takeUncaught();
    bad.socket.on("n", () => {
      throw new Error("on purpose");
    });
    const seen: number[] = [];
    good.socket.on("n", (i: number) => {
      seen.push(i);
      bad.socket.emit("from the good one", i);
    });
    for (let i = 0; i < 5; i++) {
      bad.wire.send('42["n"]');
      good.wire.send(`42["n",${i}]`);
    }
    for (let i = 0; i < 5; i++) {
      expect(await bad.wire.next()).to.be(`42["from the good one",${i}]`);
    }
    await eventually(() => errors.length === 5);
    expect(seen).to.eql([0, 1, 2, 3, 4]);
  });

  it("may be a connection listener, a catch-all listener or an acknowledgement callback [50, 55, 59]", async () => {
    const { io, url } = await startServer();
    const errors = takeUncaught();
    io.once("connection", () => {
      throw new Error("connection");
    });
    const { wire, socket } = await joinWire({ io, url });
    socket.onAny((event: string) => {
      if (event === "catch-all") {
        throw new Error(event);
      }
    });
    socket.emit("question", () => {
      throw new Error("acknowledgement");
    });
    expect(await wire.next()).to.be('420["question"]');
    sendAtOnce(wire, '42["catch-all"]', '430["answer"]');
    await heard({ wire, socket });
    expect(errors).to.eql(["connection", "catch-all", "acknowledgement"]);
  });

  itOnFastPath(
    "may be a listener for the data of the connection: the following messages of the same chunk still arrive [35]",
    async () => {
      const joined = await joinWire(await startServer());
      const { wire, socket } = joined;
      const errors = takeUncaught();
      const seen: unknown[] = [];
      socket.on("n", (i: number) => seen.push(i));
      socket.conn.once("data", () => {
        throw new Error("on purpose");
      });
      sendAtOnce(wire, '42["n",0]', '42["n",1]', '42["n",2]');
      await heard(joined);
      expect(seen).to.eql([0, 1, 2]);
      expect(errors).to.eql(["on purpose"]);
    },
  );
});

describe("the context of an AsyncLocalStorage", () => {
  it("that the handler of one connection enters does not continue in the next handler, nor in other connections [62]", async () => {
    const storage = new AsyncLocalStorage<string>();
    const running = await startServer();
    const seen: unknown[] = [];
    const members = [await joinWire(running), await joinWire(running), await joinWire(running)];
    for (const [index, { socket }] of members.entries()) {
      socket.on("enter", () => {
        seen.push(storage.getStore());
        storage.enterWith(`connection ${index}`);
        socket.emit("entered");
        seen.push(storage.getStore());
      });
    }
    for (const { wire } of members) {
      sendAtOnce(wire, '42["enter"]', '42["enter"]');
    }
    await eventually(() => seen.length === 12);
    const mixed = seen.filter((store, i) => i % 2 === 0 && store !== undefined);
    expect(mixed).to.eql([]);
    expect([...new Set(seen.filter((_, i) => i % 2 === 1))].sort()).to.eql([
      "connection 0",
      "connection 1",
      "connection 2",
    ]);
  });

  it("of the emitting code continues in outgoing catch-all listeners and in packetCreate listeners [35, 59]", async () => {
    const storage = new AsyncLocalStorage<string>();
    const running = await startServer();
    const members = { a: await joinWire(running), b: await joinWire(running) };
    const seen: unknown[] = [];
    for (const [name, { socket }] of Object.entries(members)) {
      socket.onAnyOutgoing(() => seen.push([name, "outgoing", storage.getStore()]));
      socket.conn.on("packetCreate", () => seen.push([name, "packetCreate", storage.getStore()]));
    }
    storage.run("first", () => members.a.socket.emit("x"));
    storage.run("second", () => members.b.socket.emit("x"));
    expect(seen).to.eql([
      ["a", "outgoing", "first"],
      ["a", "packetCreate", "first"],
      ["b", "outgoing", "second"],
      ["b", "packetCreate", "second"],
    ]);
  });

  it("continues in callbacks of conn.send, for connections that are written to in one tick [36]", async () => {
    const storage = new AsyncLocalStorage<string>();
    const running = await startServer();
    const one = await joinWire(running);
    const two = await joinWire(running);
    await writable(one);
    await writable(two);
    const seen: unknown[] = [];
    for (const [name, { socket }] of Object.entries({ one, two })) {
      storage.run(name, () =>
        (socket.conn as any).send('2["x"]', {}, () => seen.push([name, storage.getStore()])),
      );
    }
    await eventually(() => seen.length === 2);
    expect(seen).to.eql([
      ["one", "one"],
      ["two", "two"],
    ]);
  });

  it("of a request continues after an await in the handler, whatever other clients do meanwhile [62]", async () => {
    const storage = new AsyncLocalStorage<string>();
    const running = await startServer();
    const members = [await joinWire(running), await joinWire(running)];
    for (const { socket } of members) {
      socket.on("who", (name: string, answer: (name?: string) => void) =>
        storage.run(name, async () => {
          await turn();
          socket.nsp.emit("noise");
          await Promise.resolve();
          answer(storage.getStore());
        }),
      );
    }
    for (const [index, { wire }] of members.entries()) {
      sendAtOnce(wire, `421["who","${index} a"]`, `422["who","${index} b"]`);
    }
    for (const [index, { wire }] of members.entries()) {
      const answers: unknown[] = [];
      while (answers.length < 2) {
        const frame = await wire.next();
        if (frame !== '42["noise"]') {
          answers.push(frame);
        }
      }
      expect(answers).to.eql([`431["${index} a"]`, `432["${index} b"]`]);
    }
  });
});
