/** Tests of applications replace timers and clocks, and servers are created in asynchronous contexts. */
import { AsyncLocalStorage } from "node:async_hooks";
import timers from "node:timers";
import expect from "expect.js";
import { onTestEnd } from "../support/cleanup";
import { joinWire } from "../support/joined";
import { startServer } from "../support/server";
import { eventually } from "../support/waiting";
import { openWire } from "../support/wire";

/** Replaces a function of the timers by one that keeps what it gets for ever; returns a function that restores it. */
function stop(name: "setImmediate" | "setTimeout"): () => void {
  const originals = [globalThis, timers].map((holder: any) => [holder, holder[name]]);
  for (const [holder] of originals) {
    holder[name] = () => ({ ref() {}, unref() {}, hasRef: () => false, refresh() {} });
  }
  const restore = () => {
    for (const [holder, original] of originals) {
      holder[name] = original;
    }
  };
  onTestEnd(restore);
  return restore;
}

describe("an application whose tests replace the timers", () => {
  it("sends events while setImmediate() is replaced, and after it is restored [40]", async () => {
    const running = await startServer();
    const { wire, socket } = await joinWire(running);
    const restore = stop("setImmediate");
    socket.emit("during");
    const during = await wire.next();
    restore();
    socket.emit("after");
    expect([during, await wire.next()]).to.eql(['42["during"]', '42["after"]']);
  });

  it("pings clients that connect after setTimeout() is restored [37]", async () => {
    const running = await startServer({ pingInterval: 50 });
    const restore = stop("setTimeout");
    await joinWire(running);
    restore();
    const { wire } = await joinWire(running);
    await eventually(() => wire.seen.some((packet) => String(packet) === "2"));
  });
});

describe("a server that is created in an asynchronous context", () => {
  it("does not call listeners of other clients in it when a ping is not answered [37]", async () => {
    const storage = new AsyncLocalStorage<string>();
    const running = await storage.run("a request", () => startServer({ pingInterval: 20, pingTimeout: 500 }));
    const ended = new Promise((resolve) => {
      running.io.on("connection", (socket) => {
        socket.on("disconnect", (reason) => resolve([reason, storage.getStore()]));
      });
    });
    await storage.run("another request", async () => (await openWire(running.url)).send("40"));
    expect(await ended).to.eql(["ping timeout", undefined]);
  });
});
