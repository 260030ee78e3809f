import { createHook } from "node:async_hooks";
import expect from "expect.js";
import type { WebSocket } from "ws";
import { onTestEnd } from "../support/cleanup";
import {
  COMPRESSED_TEXT,
  type DeflatingClient,
  deflated,
  joinDeflating,
  openDeflating,
} from "../support/deflating-client";
import { isFast, itOnFastPath } from "../support/fast-path";
import { failureOf } from "../support/option-errors";
import { ownSuite } from "../support/own-tests";
import { startServer } from "../support/server";
import { eventually, nextValue, turn } from "../support/waiting";
import type { ServerFrame } from "../support/websocket-frames";

const TEXT = Array.from({ length: 100 }, (_, i) => `item ${(i * 7919) % 10_007}`).join(" ");
/** Not so large that another thread always compresses it. */
const MEDIUM = Array.from({ length: 1400 }, (_, i) => `item ${(i * 7919) % 10_007}`).join(" ");
const LARGE = Array.from({ length: 10_000 }, (_, i) => `item ${(i * 7919) % 100_003}`).join(" ");

/** Counts the streams of zlib that are created until the test ends. */
function zlibStreams(): () => number {
  let count = 0;
  const hook = createHook({
    init(_id, type) {
      count += type === "ZLIB" ? 1 : 0;
    },
  });
  hook.enable();
  onTestEnd(() => hook.disable());
  return () => count;
}

/** The payloads of the frames from one index on. */
function payloadsFrom(client: DeflatingClient, start: number): string[] {
  return client
    .frames()
    .slice(start)
    .map(({ payload }) => payload.toString("hex"));
}

const isLarge = ({ payload }: ServerFrame) => payload.length > LARGE.length / 10;

describe("compression that receivers share", () => {
  for (const text of [TEXT, LARGE]) {
    itOnFastPath(
      `sends the same bytes to all receivers, whatever they received before (${text.length})`,
      async () => {
        const running = await startServer({ perMessageDeflate: true });
        const { client, socket } = await joinDeflating(running);
        for (let i = 0; i < 3; i++) {
          socket.emit("before", `${i} ${text}`);
        }
        await eventually(() => client.texts().some((packet) => packet.includes(`"2 ${text}`)));
        const { client: other } = await joinDeflating(running);
        const starts = [client, other].map((each) => each.frames().length);
        running.io.emit("to all", text);
        running.io.emit("to all", `again ${text}`);
        for (const each of [client, other]) {
          await eventually(() => each.texts().some((packet) => packet.includes(`"again ${text}`)));
        }
        const payload = deflated(`42["to all","${text}"]`).toString("hex");
        const again = deflated(`42["to all","again ${text}"]`).toString("hex");
        expect(payloadsFrom(client, starts[0])).to.eql([payload, again]);
        expect(payloadsFrom(other, starts[1])).to.eql([payload, again]);
      },
    );
  }

  itOnFastPath("compresses a large broadcast once, in another thread", async () => {
    const running = await startServer({ perMessageDeflate: true });
    const clients: DeflatingClient[] = [];
    for (const offer of ["", "; client_max_window_bits", "; server_no_context_takeover"]) {
      clients.push((await joinDeflating(running, `permessage-deflate${offer}`)).client);
    }
    const streams = zlibStreams();
    running.io.emit("to all", LARGE);
    running.io.emit("small");
    await eventually(() => clients.every(({ frames }) => frames().some(isLarge)));
    expect(streams()).to.be(1);
    for (const client of clients) {
      expect((await client.heard("small")).slice(-2)).to.eql([`42["to all","${LARGE}"]`, '42["small"]']);
    }
  });

  itOnFastPath("sends a large broadcast to all receivers if one of them is sent a ping before", async () => {
    const running = await startServer({ perMessageDeflate: { concurrencyLimit: 1 } });
    const [first, second, third] = [
      await joinDeflating(running),
      await joinDeflating(running),
      await joinDeflating(running),
    ];
    first.socket.emit("alone", LARGE);
    running.io.emit("to all", LARGE);
    // this receiver does not wait until the broadcast is compressed
    (second.socket.conn.transport as unknown as { socket: WebSocket }).socket.ping();
    for (const { client, socket } of [second, third, first]) {
      await client.heard("to all");
      expect(socket.connected).to.be(true);
    }
  });

  itOnFastPath("keeps the window of each client small enough", async () => {
    const running = await startServer({ perMessageDeflate: true });
    const offers = ["permessage-deflate", "permessage-deflate; server_max_window_bits=9"];
    const clients: DeflatingClient[] = [];
    for (const offer of offers) {
      clients.push((await joinDeflating(running, offer)).client);
    }
    const starts = clients.map((each) => each.frames().length);
    const text = `${TEXT} ${TEXT}`;
    running.io.emit("to all", text);
    for (const [index, client] of clients.entries()) {
      await client.heard(text);
      const windowBits = index === 0 ? 15 : 9;
      const payload = deflated(`42["to all","${text}"]`, undefined, { windowBits }).toString("hex");
      expect(payloadsFrom(client, starts[index])).to.eql([payload]);
    }
  });

  itOnFastPath("needs no stream of zlib for a connection", async () => {
    const running = await startServer({ perMessageDeflate: true });
    const first = await joinDeflating(running);
    first.socket.emit("hello", TEXT);
    await first.client.heard(TEXT);
    const streams = zlibStreams();
    const hello = deflated('42["up","hello"]');
    // that of the test itself
    expect(streams()).to.be(1);
    const { client, socket } = await joinDeflating(running);
    const heard = nextValue(socket, "up");
    const before = streams();
    client.sendFrame(COMPRESSED_TEXT, hello);
    expect(await heard).to.be("hello");
    const start = client.frames().length;
    socket.emit("down", TEXT);
    running.io.emit("down", TEXT);
    await eventually(() => client.frames().length === start + 2);
    expect(streams() - before).to.be(0);
  });

  itOnFastPath(
    "needs a stream of zlib for each size of a window at most, whatever clients offer",
    async () => {
      const running = await startServer({ perMessageDeflate: true });
      const streams = zlibStreams();
      for (let bits = 9; bits <= 15; bits++) {
        for (const takeover of ["", "; server_no_context_takeover", "; client_no_context_takeover"]) {
          for (const client of ["", "; client_max_window_bits=9", "; client_max_window_bits=12"]) {
            const offer = `permessage-deflate; server_max_window_bits=${bits}${takeover}${client}`;
            const { answer, frames } = await openDeflating(running, offer);
            expect(answer).to.contain(`server_max_window_bits=${bits}`);
            await eventually(() => frames().length === 1);
          }
        }
      }
      expect(streams()).to.be(7);
    },
  );

  itOnFastPath("leaves the connection on the fast path, whatever is sent", async () => {
    const running = await startServer({ perMessageDeflate: true });
    const { client, socket } = await joinDeflating(running);
    socket.on("up", (text: string, ack: (text: string) => void) => ack(text));
    for (const [id, text] of ["", "small", TEXT, LARGE].entries()) {
      client.send(`42${id}["up","${text}"]`);
      await client.heard(`43${id}["${text}"]`);
      expect(isFast(socket)).to.be(true);
    }
  });

  itOnFastPath(
    "leaves the main thread free while large texts for one receiver each are compressed",
    async () => {
      const running = await startServer({ perMessageDeflate: true });
      const joined: Awaited<ReturnType<typeof joinDeflating>>[] = [];
      for (let i = 0; i < 20; i++) {
        joined.push(await joinDeflating(running));
      }
      const streams = zlibStreams();
      for (const { socket } of joined) {
        socket.emit("large", `${socket.id} ${LARGE}`);
      }
      await eventually(() => joined.every(({ client }) => client.frames().some(isLarge)));
      // one stream for each text that is compressed in another thread
      expect(streams()).to.be(joined.length);
      for (const { client, socket } of joined) {
        await client.heard(`${socket.id} ${LARGE}`);
      }
    },
  );

  for (const how of ["socket.emit()", "io.to().emit()"]) {
    itOnFastPath(`does not compress very many texts in one turn, and keeps the order: ${how}`, async () => {
      const running = await startServer({ perMessageDeflate: true });
      const joined: Awaited<ReturnType<typeof joinDeflating>>[] = [];
      for (let i = 0; i < 50; i++) {
        joined.push(await joinDeflating(running));
      }
      const expected: string[][] = [];
      for (const [i, { socket }] of joined.entries()) {
        const emitter = how === "socket.emit()" ? socket : running.io.to(socket.id);
        emitter.emit("medium", i, MEDIUM);
        emitter.emit("small", i);
        emitter.emit("medium again", i, MEDIUM);
        expected.push([
          `42["medium",${i},"${MEDIUM}"]`,
          `42["small",${i}]`,
          `42["medium again",${i},"${MEDIUM}"]`,
        ]);
      }
      let turns = 0;
      const waiting = () => joined.filter(({ socket }) => socket.bufferedBytes > MEDIUM.length);
      // of one of these texts, the compressed part is smaller
      for (let before = waiting().length; before > 0; turns++) {
        await turn();
        const { length } = waiting();
        expect((before - length) * MEDIUM.length).to.be.within(0, 140 * 1024);
        before = length;
      }
      expect(turns).to.be.greaterThan(7);
      for (const [i, { client }] of joined.entries()) {
        await client.heard("medium again");
        expect(client.texts().slice(-3)).to.eql(expected[i]);
        expect(client.frames().every(({ compressed }) => compressed)).to.be(true);
      }
    });
  }

  itOnFastPath("compresses a text once for receivers that join in later turns, or wait", async () => {
    const running = await startServer({ perMessageDeflate: true });
    const joined = [await joinDeflating(running), await joinDeflating(running)];
    for (let i = 0; i < 30; i++) {
      joined[0].socket.emit("before", i, MEDIUM);
    }
    running.io.emit("to all", MEDIUM);
    running.io.emit("to all", LARGE);
    running.io.emit("after");
    for (const { client } of joined) {
      await client.heard("after");
      expect(client.texts().slice(-3)).to.eql([
        `42["to all","${MEDIUM}"]`,
        `42["to all","${LARGE}"]`,
        '42["after"]',
      ]);
    }
  });

  itOnFastPath("compresses small texts on the main thread, however many", async () => {
    const running = await startServer({ perMessageDeflate: true });
    const { client, socket } = await joinDeflating(running);
    const streams = zlibStreams();
    for (let i = 0; i < 1000; i++) {
      socket.emit("small", i, TEXT);
    }
    await eventually(() => client.frames().length === 1002);
    expect(streams()).to.be(0);
  });

  itOnFastPath("keeps the order if a hand-over finds many texts that are being compressed", async () => {
    const running = await startServer({ perMessageDeflate: true });
    const { client, socket } = await joinDeflating(running);
    const expected: string[] = [];
    for (let i = 0; i < 40; i++) {
      socket.emit("medium", i, MEDIUM);
      expected.push(`42["medium",${i},"${MEDIUM}"]`);
    }
    (socket.conn.transport as unknown as { socket: WebSocket }).socket.ping();
    socket.emit("after", TEXT);
    expected.push(`42["after","${TEXT}"]`);
    expect((await client.heard("after")).slice(-expected.length)).to.eql(expected);
  });

  itOnFastPath("sends large events uncompressed that a hand-over to ws finds uncompressed", async () => {
    const running = await startServer({ perMessageDeflate: true });
    const { client, socket } = await joinDeflating(running);
    const start = client.frames().length;
    socket.emit("large", LARGE);
    (socket.conn.transport as unknown as { socket: WebSocket }).socket.ping();
    socket.emit("after", TEXT);
    expect((await client.heard("after")).slice(-2)).to.eql([
      `42["large","${LARGE}"]`,
      `42["after","${TEXT}"]`,
    ]);
    const frames = client.frames().slice(start);
    expect(frames.map(({ opcode, compressed }) => [opcode, compressed])).to.eql([
      [1, false],
      [9, false],
      [1, true],
    ]);
  });

  itOnFastPath(
    "handles few messages in a turn of the event loop if they are much larger than their bytes",
    async () => {
      const running = await startServer({ perMessageDeflate: true });
      const { client, socket } = await joinDeflating(
        running,
        "permessage-deflate; client_no_context_takeover",
      );
      let left = 150;
      let inTurn = 0;
      let most = 0;
      const nextTurn = () => {
        inTurn = 0;
        left > 0 && setImmediate(nextTurn);
      };
      socket.on("up", () => {
        most = Math.max(most, ++inTurn);
        left--;
      });
      const payload = deflated(`42["up","${"x".repeat(250_000)}"]`);
      client.tcp.cork();
      for (let i = 0; i < 150; i++) {
        client.sendFrame(COMPRESSED_TEXT, payload);
      }
      client.tcp.uncork();
      nextTurn();
      await eventually(() => left === 0);
      expect(most).to.be.below(30);
    },
  );

  itOnFastPath("is not disabled by options of streams that are undefined", async () => {
    const perMessageDeflate = {
      zlibDeflateOptions: { level: 9, dictionary: undefined, finishFlush: undefined },
      zlibInflateOptions: { flush: undefined },
    };
    const { client, socket } = await joinDeflating(await startServer({ perMessageDeflate }));
    expect(isFast(socket)).to.be(true);
    for (const text of [TEXT, LARGE]) {
      socket.emit("event", text);
      await client.heard(`42["event","${text}"]`);
    }
  });

  it("is disabled by the option sharedCompression: each client has a context [17]", async () => {
    const running = await startServer({ perMessageDeflate: { sharedCompression: false } });
    const { client, socket } = await joinDeflating(running);
    expect(isFast(socket)).to.be(false);
    const start = client.frames().length;
    socket.emit("one", TEXT);
    socket.emit("two", TEXT);
    await eventually(() => client.frames().length === start + 2);
    const [one, two] = payloadsFrom(client, start).map((hex) => hex.length / 2);
    expect(two).to.be.lessThan(one / 4);
    expect(client.texts().slice(-2)).to.eql([`42["one","${TEXT}"]`, `42["two","${TEXT}"]`]);
  });
});

ownSuite("the option perMessageDeflate.sharedCompression", () => {
  it("must be a boolean", () => {
    const { code, message } = failureOf({ perMessageDeflate: { sharedCompression: "no" as never } });
    expect(code).to.be("INVALID_OPTION");
    expect(message).to.contain("perMessageDeflate.sharedCompression");
  });
});
