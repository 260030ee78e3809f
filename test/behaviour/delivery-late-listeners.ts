/** Listeners that are added after an event was sent in the same tick still receive "drain", in their own context. */

import { AsyncLocalStorage } from "node:async_hooks";
import expect from "expect.js";
import { joinWire, writable } from "../support/joined";
import { startServer } from "../support/server";
import { takeUncaught } from "../support/uncaught";
import { eventually, turn } from "../support/waiting";

/** Two writable connections, and a list of the contexts that listeners see. */
async function twoContexts() {
  const running = await startServer();
  const a = await joinWire(running);
  const b = await joinWire(running);
  await writable(a);
  await writable(b);
  return { a, b, storage: new AsyncLocalStorage<string>(), seen: [] as unknown[] };
}

describe("after several events of one tick", () => {
  it('"drain" calls a listener that was added after them [35]', async () => {
    const joined = await joinWire(await startServer());
    const { socket } = joined;
    await writable(joined);
    let drained = false;
    socket.emit("a");
    socket.emit("b");
    socket.conn.once("drain", () => {
      drained = true;
    });
    for (let i = 0; i < 20; i++) await turn();
    expect(drained).to.be(true);
  });

  it('"drain" of the engine does so too [34]', async () => {
    const running = await startServer();
    const joined = await joinWire(running);
    const { socket } = joined;
    await writable(joined);
    let drained = false;
    socket.emit("a");
    socket.emit("b");
    running.io.engine.once("drain", () => {
      drained = true;
    });
    for (let i = 0; i < 20; i++) await turn();
    expect(drained).to.be(true);
  });

  it('a listener of "drain" that throws does not delay its connection [35]', async () => {
    const errors = takeUncaught();
    const joined = await joinWire(await startServer());
    const { socket, wire } = joined;
    await writable(joined);
    socket.emit("a");
    socket.emit("b");
    socket.conn.once("drain", () => {
      throw new Error("from the application");
    });
    await eventually(() => errors.length === 1);
    await writable(joined);
    socket.volatile.emit("c");
    expect([await wire.next(), await wire.next(), await wire.next()]).to.eql([
      '42["a"]',
      '42["b"]',
      '42["c"]',
    ]);
  });

  it("a callback of conn.send runs in the context of its connection [36]", async () => {
    const { a, b, storage, seen } = await twoContexts();
    storage.run("A", () => a.socket.emit("x"));
    storage.run("B", () => {
      b.socket.emit("x");
      (b.socket.conn as any).send('2["y"]', {}, () => seen.push(storage.getStore()));
    });
    await eventually(() => seen.length === 1);
    expect(seen).to.eql(["B"]);
  });

  it("flush and drain listeners run in the context of their connection [35]", async () => {
    const { a, b, storage, seen } = await twoContexts();
    storage.run("A", () => a.socket.emit("x"));
    storage.run("B", () => {
      b.socket.emit("x");
      b.socket.conn.on("drain", () => seen.push(storage.getStore()));
      b.socket.emit("y");
    });
    await eventually(() => seen.length === 1);
    expect(seen).to.eql(["B"]);
  });
});
