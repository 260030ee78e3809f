import { once } from "node:events";
import expect from "expect.js";
import { WebSocket } from "ws";
import { honestClient } from "../support/honest-client";
import { startServer } from "../support/server";
import { nextValue } from "../support/waiting";
import { clientFrame } from "../support/websocket-frames";
import { openWire } from "../support/wire";

/** A ping frame of a client with the maximum data of a control frame. */
const PING = clientFrame(0x89, Buffer.alloc(125));

describe("WebSocket pings", () => {
  it("are answered, however many follow each other", async () => {
    const wire = await openWire((await startServer()).url);
    for (let i = 0; i < 200; i++) {
      const pong = once(wire.ws, "pong");
      wire.ws.ping(`${i}`);
      expect(String((await pong)[0])).to.be(`${i}`);
    }
    expect(wire.ws.readyState).to.be(WebSocket.OPEN);
  });
});

describe("WebSocket pings of a client that does not read", () => {
  it("close the connection when too many pongs are buffered [security 20]", async () => {
    const running = await startServer();
    const isServed = await honestClient(running);
    const opened = nextValue<any>(running.io.engine, "connection");
    const wire = await openWire(running.url);
    const connection = await opened;
    const closed = once(connection, "close").then(([reason]) => reason);
    const tcp = (wire.ws as any)._socket;
    tcp.pause();
    const burst = Buffer.concat(Array(1_000).fill(PING));
    let most = 0;
    let reason: unknown;
    while (reason === undefined) {
      const written = new Promise<void>((resolve) => tcp.write(burst, () => resolve()));
      reason = await Promise.race([closed, written]);
      most = Math.max(most, connection.transport.socket.bufferedAmount);
    }
    expect(reason).to.match(/transport (error|close)/);
    expect(most).to.be.below(1_000_000);
    await isServed();
  });
});
