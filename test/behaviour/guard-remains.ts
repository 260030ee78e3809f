import type { Socket as TcpSocket } from "node:net";
import expect from "expect.js";
import type { ServerOptions } from "../../lib";
import { onTestEnd } from "../support/cleanup";
import { stopClock } from "../support/clock";
import { itOnFastPath } from "../support/fast-path";
import { askHandshake, askUpgrade, sendRaw } from "../support/http";
import { joinWire } from "../support/joined";
import { ownSuite } from "../support/own-tests";
import { type Running, startServer } from "../support/server";
import { fill, handOver, pause, resume } from "../support/slow-reader";
import { unreadResponse } from "../support/stuck-clients";
import { eventually, nextEvent, nextValue, turn } from "../support/waiting";
import { openPolling, openWire } from "../support/wire";

const WEBSOCKET = "/socket.io/?EIO=4&transport=websocket";

ownSuite("a long-polling client that does not read a response", () => {
  const options = { pingInterval: 1_000, pingTimeout: 100, limits: { connections: 1 } };

  it("is counted until its TCP connection is destroyed, 30 seconds after the ping timeout [security 22]", async () => {
    const clock = stopClock({ engine: true });
    const running = await startServer(options);
    const { socket, stream } = await unreadResponse(running);
    const left = nextEvent(socket, "disconnect");
    clock.tick(1_100);
    await left;
    expect(running.io.engine.clientsCount).to.be(0);
    expect(stream.destroyed).to.be(false);
    clock.tick(5_000);
    expect((await askHandshake(running.url)).status).to.be(403);
    clock.tick(25_000);
    await eventually(() => stream.destroyed);
    expect((await askHandshake(running.url)).status).to.be(200);
  });
});

ownSuite("a long-polling client that polls again and again, and reads no response", () => {
  /** Begins requests over TCP connections of their own, whose responses are not read. */
  async function pollUnread({ io, url, port, httpServer }: Running, requests: number) {
    const connected = nextValue<any>(io, "connection");
    const wire = await openPolling(url);
    await wire.join();
    const socket = await connected;
    const { pathname, search } = new URL(wire.address);
    const streams: TcpSocket[] = [];
    for (let i = 0; i < requests; i++) {
      const streamed = nextValue<TcpSocket>(httpServer, "connection");
      const { socket: tcp } = await sendRaw(
        port,
        `GET ${pathname}${search} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
      );
      tcp.pause();
      const stream = await streamed;
      streams.push(stream);
      await eventually(() => socket.conn.transport.writable);
      socket.emit("much", "x".repeat(16_000_000));
      await eventually(() => stream.writableLength > 0);
    }
    return { socket, streams };
  }

  it("occupies the connections of two responses at most [security 22]", async () => {
    const { streams } = await pollUnread(await startServer({ httpCompression: false }), 4);
    await eventually(() => streams[1].destroyed);
    expect(streams.map(({ destroyed }) => destroyed)).to.eql([true, true, false, false]);
  });

  it("occupies one connection when its session has ended [security 22]", async () => {
    const { socket, streams } = await pollUnread(await startServer({ httpCompression: false }), 2);
    socket.conn.close(true);
    await eventually(() => streams[0].destroyed);
    expect(streams[1].destroyed).to.be(false);
  });
});

ownSuite("limits.connectionsPerAddress", () => {
  it("lets a client reconnect at once, while its old TCP connection is still open [security 7]", async () => {
    const { io, httpServer, url } = await startServer({ limits: { connectionsPerAddress: 1 } });
    const streamed = nextValue<TcpSocket>(httpServer, "connection");
    const connected = nextValue<any>(io, "connection");
    const wire = await openWire(url);
    await wire.join();
    const stream = await streamed;
    const socket = await connected;
    // it does not answer the close frame
    pause({ wire });
    socket.disconnect(true);
    expect(stream.destroyed).to.be(false);
    const next = await openWire(url);
    expect(await next.join()).to.match(/^40/);
    expect(stream.destroyed).to.be(false);
    resume({ wire });
  });
});

/** A frame that a client sends, with a zero mask. */
function frameOf(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);
}

const ends: Record<string, { text: string; options?: Partial<ServerOptions>; end?: (socket: any) => void }> =
  {
    "exceeds a limit": { text: '42["x"]', options: { limits: { eventsPerSecond: 10 } } },
    "sends an invalid packet": { text: '42["x"' },
    "is disconnected by the application": { text: '42["x"]', end: (socket) => socket.disconnect(true) },
  };
for (const [name, { text, options, end }] of Object.entries(ends)) {
  ownSuite(`a client that ${name} and continues to send`, () => {
    it("is no longer read, and its TCP connection is destroyed [security 23]", async () => {
      const { io, httpServer, url } = await startServer(options);
      const streamed = nextValue<TcpSocket>(httpServer, "connection");
      const connected = nextValue<any>(io, "connection");
      const wire = await openWire(url);
      const stream = await streamed;
      await wire.join();
      const socket = await connected;
      const tcp = (wire.ws as any)._socket as TcpSocket;
      // it neither answers the close frame nor ends its side
      tcp.removeAllListeners("data");
      tcp.removeAllListeners("end");
      tcp.on("error", () => {});
      const closed = nextEvent(stream, "close");
      let readBefore: number | undefined;
      socket.on("disconnect", () => {
        readBefore = stream.bytesRead;
      });
      end?.(socket);
      const burst = Buffer.concat(Array(10_000).fill(frameOf(text)));
      while (!stream.destroyed) {
        await Promise.race([closed, new Promise((resolve) => tcp.write(burst, resolve))]);
      }
      expect(stream.bytesRead - (readBefore as number)).to.be.below(1_500_000);
    });
  });
}

ownSuite("a slow reader that is cut", () => {
  it("has one error for all that was not written [security 21]", async () => {
    // a client that decompresses continues to read
    const running = await startServer({
      slowConsumer: { maxBufferedBytes: 10_000_000 },
      perMessageDeflate: false,
    });
    const joined = await joinWire(running);
    const { socket } = joined;
    // ws writes each frame by itself
    await handOver(joined);
    pause(joined);
    await fill(socket);
    const stream = (socket.conn.transport as any).socket._socket as TcpSocket;
    const errors: unknown[] = [];
    for (let i = 0; i < 3; i++) {
      stream.write("", (error) => errors.push(error));
    }
    const left = nextEvent(socket, "disconnect");
    for (let i = 0; i < 100; i++) {
      socket.emit("more", "x".repeat(100_000));
    }
    await left;
    await eventually(() => errors.length === 3);
    expect(errors[0]).to.be.an(Error);
    expect(new Set(errors).size).to.be(1);
    expect(stream.destroyed).to.be(true);
  });
});

describe("a slow reader whose connection breaks", () => {
  itOnFastPath("has few errors for very many events that were not written [security 21]", async () => {
    const running = await startServer();
    const joined = await joinWire(running);
    const { socket, wire } = joined;
    await handOver(joined);
    pause(joined);
    await fill(socket);
    for (let i = 0; i < 5_000; i++) {
      socket.emit("small", i);
    }
    const { prepareStackTrace } = Error;
    let errors = 0;
    onTestEnd(() => {
      Error.prepareStackTrace = prepareStackTrace;
    });
    Error.prepareStackTrace = (error) => {
      errors++;
      return String(error);
    };
    const left = nextEvent(socket, "disconnect");
    ((wire.ws as any)._socket as TcpSocket).resetAndDestroy();
    await left;
    for (let i = 0; i < 3; i++) {
      await turn();
    }
    expect(errors).to.be.below(100);
  });
});

ownSuite("io.close()", () => {
  const waits: Record<string, (running: Running) => void> = {
    "a middleware of the engine": ({ io }) => io.engine.use(() => {}),
    allowRequest: ({ io }) => {
      io.engine.opts.allowRequest = () => {};
    },
  };
  for (const [name, wait] of Object.entries(waits)) {
    it(`waits 5 seconds for an upgrade request that ${name} never decides [security 22]`, async () => {
      const clock = stopClock();
      const running = await startServer();
      wait(running);
      const requested = nextEvent(running.httpServer, "upgrade");
      const upgrade = await askUpgrade(running.port, WEBSOCKET);
      await requested;
      const closing = running.io.close();
      await turn();
      clock.tick(5_000);
      await closing;
      await upgrade.ended;
      expect(upgrade.received().length).to.be(0);
    });
  }
});
