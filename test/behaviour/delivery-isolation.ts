/** Actions on one connection do not affect other connections. */

import expect from "expect.js";
import { joinWire, writable } from "../support/joined";
import { startServer } from "../support/server";
import { takeUncaught } from "../support/uncaught";
import { nextEvent, nextValue, turn } from "../support/waiting";
import { connectPacket, openWire } from "../support/wire";

describe("a listener of one connection that throws", () => {
  it("does not delay other connections, in the same turn or later", async () => {
    const errors = takeUncaught();
    const running = await startServer();
    const joined = [await joinWire(running), await joinWire(running), await joinWire(running)];
    for (const one of joined) {
      await writable(one);
    }
    const { conn } = joined[0].socket;
    running.io.emit("before");
    // waits until the connection is writable again
    conn.once("flush", () => {
      throw new Error("from the application");
    });
    try {
      conn.write('2["another"]');
    } catch (error) {
      errors.push((error as Error).message);
    }
    await turn();
    for (const one of joined.slice(1)) {
      await writable(one);
      one.socket.volatile.emit("after");
      expect(await one.wire.next()).to.be('42["before"]');
      expect(await one.wire.next()).to.be('42["after"]');
    }
    expect(errors).to.eql(["from the application"]);
  });
});

describe("removing all listeners", () => {
  it("of the engine, or of one event of it, removes exactly these [33]", async () => {
    const { io } = await startServer();
    io.engine.on("flush", () => {});
    io.engine.removeAllListeners("flush");
    expect(io.engine.listenerCount("flush")).to.be(0);
    expect(io.engine.listenerCount("connection")).to.be(1);
    io.engine.removeAllListeners();
    expect(io.engine.eventNames()).to.eql([]);
  });

  it("of a connection removes the listeners of the application and of the server [38]", async () => {
    const running = await startServer();
    const { wire, socket } = await joinWire(running);
    const heard: unknown[] = [];
    socket.on("hello", () => heard.push("socket"));
    const { conn } = socket;
    conn.on("packet", () => heard.push("packet"));
    conn.on("close", () => heard.push("close"));
    conn.removeAllListeners();
    conn.on("data", (data: string) => heard.push(data));
    const taken = nextEvent(conn, "data");
    wire.send('42["hello"]');
    await taken;
    expect(heard).to.eql(['2["hello"]']);
  });
});

describe("a client that accepts no binary frames (b64)", () => {
  it("receives bytes as text, over WebSocket too [83]", async () => {
    const { io, url } = await startServer();
    const connected = nextValue(io, "connection");
    const wire = await openWire(url, "EIO=4&b64=1");
    wire.send(connectPacket());
    await wire.next();
    const socket = await connected;
    socket.emit("bytes", Buffer.from([1, 2, 3]));
    expect([await wire.next(), await wire.next()]).to.eql([
      '451-["bytes",{"_placeholder":true,"num":0}]',
      "bAQID",
    ]);
  });
});
