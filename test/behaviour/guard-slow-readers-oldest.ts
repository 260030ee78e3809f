import expect from "expect.js";
import type { ServerOptions } from "../../lib";
import { guardMessages } from "../support/guard-messages";
import { type Joined, joinPolling, joinWire, receivedBy } from "../support/joined";
import { ownSuite } from "../support/own-tests";
import { startServer } from "../support/server";
import { fill, pause, resume, stall, takeFilling } from "../support/slow-reader";
import { nextEvent, turn } from "../support/waiting";
import type { Frame } from "../support/wire";

const maxBufferedBytes = 256 * 1024;
const KILOBYTE = "x".repeat(1024);

function startGuarded(options?: Partial<ServerOptions>) {
  // a client that decompresses continues to read
  return startServer({
    slowConsumer: { maxBufferedBytes, policy: "drop-oldest" },
    perMessageDeflate: false,
    ...options,
  });
}

/** The numbers of the events, each of which must be complete: every third event has two attachments. */
function numbersIn(frames: readonly Frame[]): number[] {
  const numbers: number[] = [];
  for (let i = 0; i < frames.length; i++) {
    const [, attachments, n] = /^4[25](?:(\d)-)?\d*\["n",(\d+)/.exec(String(frames[i])) ?? [];
    expect(n).to.be.ok();
    for (let left = Number(attachments ?? 0); left > 0; left--) {
      expect(frames[++i]).to.be.a(Buffer);
    }
    numbers.push(Number(n));
  }
  return numbers;
}

function send({ socket }: Pick<Joined, "socket">, n: number): void {
  const to = n % 2 ? socket : socket.nsp.to(socket.id);
  if (n % 3 === 0) {
    to.emit("n", n, Buffer.alloc(500), Buffer.alloc(500));
  } else {
    to.emit("n", n, KILOBYTE);
  }
}

/** Whether these are the newest of `count` events, without a gap. */
function expectNewest(numbers: number[], count: number): void {
  expect(numbers).to.eql(Array.from({ length: numbers.length }, (_, i) => count - numbers.length + i));
}

ownSuite('slowConsumer with the policy "drop-oldest"', () => {
  it("keeps the newest events, each complete, within the limit [security 6]", async () => {
    const running = await startGuarded();
    const told = guardMessages(running.io);
    const joined = await joinWire(running);
    const { socket } = joined;
    const sent = await stall(joined);
    let most = 0;
    for (let n = 0; n < 3000; n++) {
      send(joined, n);
      most = Math.max(most, socket.bufferedBytes);
      n % 500 === 499 && (await turn());
    }
    // some of the events are broadcasts, and have attachments: these need more memory than their data
    expect(most).to.be.within(0.6 * maxBufferedBytes, maxBufferedBytes);
    // once per second
    expect([...new Set(told.map(({ code }) => code))]).to.eql(["SLOW_CONSUMER"]);
    // some of the filling events were buffered with them, and were the oldest
    const { fillings, others } = await readAll(joined);
    expect(fillings).to.be.below(sent);
    const numbers = numbersIn(others);
    expect(numbers.length).to.be.within(100, 260);
    expectNewest(numbers, 3000);
    expect(socket.connected).to.be(true);
  });

  it("continues as before when the client reads again [security 6]", async () => {
    const running = await startGuarded();
    const joined = await joinWire(running);
    for (let round = 0; round < 3; round++) {
      await stall(joined);
      for (let n = 0; n < 1000; n++) {
        send(joined, n);
      }
      const { others } = await readAll(joined);
      expectNewest(numbersIn(others), 1000);
      await joined.socket.drained();
      for (let n = 0; n < 100; n++) {
        send(joined, n);
      }
      expect(numbersIn(await receivedBy(joined))).to.have.length(100);
    }
  });

  it("never drops the rest of an event that is partly sent [security 6]", async () => {
    const running = await startServer({ slowConsumer: { maxBufferedBytes: 20_000, policy: "drop-oldest" } });
    const joined = await joinWire(running);
    for (const sendFirst of [
      () => joined.socket.emit("n", 0, Buffer.alloc(500), Buffer.alloc(500)),
      () => running.io.emit("n", 0, Buffer.alloc(500), Buffer.alloc(500)),
    ]) {
      await joined.socket.drained();
      sendFirst();
      for (let n = 1; n < 200; n++) {
        send(joined, n);
      }
      const numbers = numbersIn(await receivedBy(joined));
      expect(numbers[0]).to.be(0);
      expect(numbers[numbers.length - 1]).to.be(199);
    }
  });

  it("keeps acknowledgements, and packets that concern namespaces [security 6]", async () => {
    const running = await startGuarded();
    running.io.of("/chat");
    const joined = await joinWire(running);
    const { socket, wire } = joined;
    socket.on("ask", (n: number, answer: (n: number) => void) => answer(n));
    await stall(joined);
    for (let n = 0; n < 1000; n++) {
      send(joined, n);
      if (n % 10 === 0) {
        const asked = nextEvent(socket, "ask");
        wire.send(`42${n}["ask",${n}]`);
        await asked;
      }
    }
    const connected = nextEvent(running.io.of("/chat"), "connection");
    wire.send("40/chat,");
    const [chat] = await connected;
    for (let n = 1000; n < 2000; n++) {
      send(joined, n);
    }
    chat.disconnect();
    const { others } = await readAll(joined);
    const isControl = (frame: Frame) => /^4([013]|0.*)/.test(String(frame)) && !Buffer.isBuffer(frame);
    const control = others.filter(isControl).map(String);
    const answers = Array.from({ length: 100 }, (_, i) => `43${10 * i}[${10 * i}]`);
    expect(control.slice(0, 100)).to.eql(answers);
    expect(control.slice(100)).to.eql([`40/chat,{"sid":"${chat.id}"}`, "41/chat,"]);
    expectNewest(numbersIn(others.filter((frame) => !isControl(frame))), 2000);
  });

  it("closes the connection when data that must not be dropped exceeds twice the limit [security 6]", async () => {
    const running = await startGuarded();
    const { socket, wire } = await joinWire(running);
    socket.on("ask", (answer: (text: string) => void) => answer(KILOBYTE));
    pause({ wire });
    await fill(socket);
    let most = 0;
    const ended = nextEvent(socket, "disconnect");
    for (let i = 0; socket.connected; i++) {
      wire.send(`42${i}["ask"]`);
      most = Math.max(most, socket.bufferedBytes);
      i % 16 === 15 && (await turn());
    }
    expect((await ended)[1].code).to.be("SLOW_CONSUMER");
    expect(most).to.be.within(1.6 * maxBufferedBytes, 2 * maxBufferedBytes);
  });

  it("drops new events if the share of the operating system leaves no room [security 6]", async () => {
    const running = await startGuarded();
    const joined = await joinWire(running);
    const { socket } = joined;
    const sent = await stall(joined);
    const before = socket.bufferedBytes;
    socket.emit("larger than the limit", "y".repeat(maxBufferedBytes));
    expect(socket.bufferedBytes).to.be(before);
    await takeFilling(joined, sent);
    expect(await receivedBy(joined)).to.eql([]);
  });

  it("works over long-polling [security 6]", async () => {
    const running = await startGuarded();
    const { polling, socket } = await joinPolling(running);
    for (let n = 0; n < 1000; n++) {
      socket.emit("n", n, n % 3 ? KILOBYTE : Buffer.alloc(1000));
      expect(socket.bufferedBytes).to.be.below(maxBufferedBytes + 1);
    }
    const packets = await polling.poll();
    const events = packets.filter((packet) => packet.startsWith("4"));
    expect(packets.filter((packet) => packet.startsWith("b"))).to.have.length(
      events.filter((packet) => packet.startsWith("45")).length,
    );
    expect(packets[0]).to.match(/^4/);
    expectNewest(
      events.map((packet) => Number(/"n",(\d+)/.exec(packet)?.[1])),
      1000,
    );
  });

  it("works with connection state recovery, where emit() uses the adapter [security 6, 78]", async () => {
    const running = await startGuarded({ connectionStateRecovery: {} });
    const joined = await joinWire(running);
    await stall(joined);
    let most = 0;
    for (let n = 0; n < 1000; n++) {
      send(joined, n);
      most = Math.max(most, joined.socket.bufferedBytes);
    }
    expect(most).to.be.below(maxBufferedBytes + 1);
    const { others } = await readAll(joined);
    expectNewest(numbersIn(others), 1000);
  });
});

/** The frames that arrive when the client reads again, without the filling events. */
async function readAll(joined: Joined): Promise<{ fillings: number; others: Frame[] }> {
  resume(joined);
  await joined.socket.drained();
  joined.socket.emit("last");
  const others: Frame[] = [];
  let fillings = 0;
  for (;;) {
    const frame = await joined.wire.next();
    // with recovery, an offset follows
    if (String(frame).startsWith('42["last"')) {
      return { fillings, others };
    }
    if (String(frame).startsWith('42["filling"')) {
      fillings++;
    } else {
      others.push(frame);
    }
  }
}
