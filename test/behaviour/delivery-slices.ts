import { createServer } from "node:http";
import expect from "expect.js";
import { type CrowdClient, connectCrowd } from "../support/crowd";
import { crowdBeforeExit } from "../support/exiting-server";
import { fastPathServes, itOnFastPath } from "../support/fast-path";
import type { AnySocket } from "../support/joined";
import { listenOnFreePort } from "../support/server";
import { Server, type ServerType } from "../support/subject";
import { eventually, nextValue, turn } from "../support/waiting";

/** The fast path writes to this many receivers in one turn; to more, it writes in slices. */
const MAX_AT_ONCE = 2048;

const RECEIVERS = MAX_AT_ONCE + 252;

/** It takes longer than one slice to write this to all receivers. */
const TEXT = "x".repeat(8 * 1024);
const PACKET = `42["to all","${TEXT}"]`;

/** What a client has received; the large event is shortened. */
function briefs({ received }: CrowdClient): string[] {
  return received.map((frame) => (frame === PACKET ? "to all" : frame));
}

describe("an event to very many receivers", () => {
  let io: ServerType;
  let clients: CrowdClient[] = [];
  let sockets: AnySocket[] = [];
  /** The index of a receiver to which the event is written last; each test takes its own. */
  let next = RECEIVERS - 1;

  before(async () => {
    const httpServer = createServer();
    io = new Server(httpServer, { pingInterval: 2 ** 31 - 1 });
    clients = await connectCrowd(await listenOnFreePort(httpServer), RECEIVERS);
    sockets = clients.map(({ sid }) => io.of("/").sockets.get(sid) as AnySocket);
  });

  after(async () => {
    for (const { tcp } of clients) {
      tcp.destroy();
    }
    await io.close();
  });

  /** A receiver among the last ones. */
  function lateReceiver(): { client: CrowdClient; socket: AnySocket; left: Promise<string> } {
    next--;
    const socket = sockets[next];
    return { client: clients[next], socket, left: nextValue<string>(socket, "disconnect") };
  }

  /** Resolves when all clients have received everything, and forgets what they have received. */
  async function settle(): Promise<void> {
    io.emit("settle");
    const connected = clients.filter(({ tcp }) => !tcp.destroyed && !tcp.isPaused());
    await eventually(() =>
      connected.every(({ received }) => received[received.length - 1] === '42["settle"]'),
    );
    for (const { received } of connected) {
      received.length = 0;
    }
  }

  /** Sends the event, and resolves when it is written to the first receivers, and not to the last ones. */
  async function sendToSome(): Promise<void> {
    for (let isDivided = false; !isDivided; ) {
      await settle();
      io.emit("to all", TEXT);
      await turn();
      // the reference server has no such property
      await eventually(() => !(sockets[0].bufferedBytes > 0));
      // on a busy machine, one slice may be sufficient for all
      isDivided = !fastPathServes || sockets[next - 10].bufferedBytes > TEXT.length;
    }
  }

  /** Resolves when a client has received this. */
  async function received(client: CrowdClient, expected: string[]): Promise<void> {
    await eventually(() => client.received.length >= expected.length);
    expect(briefs(client)).to.eql(expected);
  }

  itOnFastPath(
    "does not keep the events of other clients waiting until it is written to all receivers",
    async () => {
      const { socket } = lateReceiver();
      const heard = nextValue(sockets[0], "up");
      await sendToSome();
      clients[0].send('42["up"]');
      await heard;
      sockets[0].emit("answer");
      await eventually(() => sockets[0].bufferedBytes === 0);
      expect(socket.bufferedBytes).to.be.greaterThan(TEXT.length);
      await received(clients[0], ["to all", '42["answer"]']);
      await eventually(() => clients.every(({ received }) => received[0] === PACKET));
    },
  );

  it("arrives before the events that are sent between two slices, and these in their order", async () => {
    const { client, socket } = lateReceiver();
    await sendToSome();
    for (const receiver of [sockets[0], socket]) {
      receiver.emit("one");
      receiver.emit("two", Buffer.from("2"));
    }
    io.to(socket.id).to(sockets[0].id).emit("three");
    await turn();
    socket.emit("four");
    const expected = ["to all", '42["one"]', '451-["two",{"_placeholder":true,"num":0}]', "2", '42["three"]'];
    await received(clients[0], expected);
    await received(client, [...expected, '42["four"]']);
  });

  it("arrives once, although more data than the outbox may hold is sent between two slices", async () => {
    const { client, socket } = lateReceiver();
    await sendToSome();
    const large = "y".repeat(100_000);
    socket.emit("large", large);
    await turn();
    socket.emit("after");
    await received(client, ["to all", `42["large","${large}"]`, '42["after"]']);
  });

  itOnFastPath("is not overtaken by the same event to all, sent between two slices", async () => {
    await sendToSome();
    io.emit("again");
    await turn();
    io.emit("and again");
    await eventually(() => clients.every((each) => each.received.length === 3));
    for (const client of clients) {
      expect(briefs(client)).to.eql(["to all", '42["again"]', '42["and again"]']);
    }
  });

  it("does not make volatile events be dropped that are sent between two slices", async () => {
    const { client, socket } = lateReceiver();
    await sendToSome();
    socket.volatile.emit("one");
    socket.volatile.emit("dropped: in the same tick");
    await turn();
    socket.volatile.emit("two");
    await received(client, ["to all", '42["one"]', '42["two"]']);
  });

  itOnFastPath("counts as buffered until it is written, and drained() has it written", async () => {
    const { socket } = lateReceiver();
    await sendToSome();
    const before = socket.bufferedBytes;
    socket.emit("more", TEXT);
    expect(socket.bufferedBytes).to.be.greaterThan(before + TEXT.length);
    await socket.drained();
    expect(socket.bufferedBytes).to.be(0);
  });

  const ways: Record<string, { close(socket: AnySocket): unknown; after: string[]; reason: string }> = {
    "socket.disconnect(true)": {
      close: (socket) => socket.disconnect(true),
      after: ["41", "close"],
      reason: "server namespace disconnect",
    },
    "conn.close()": {
      close: ({ conn }) => conn.close(),
      after: ["close"],
      reason: "forced close",
    },
    "terminate() of the WebSocket": {
      close: ({ conn }) => (conn.transport as any).socket.terminate(),
      after: [],
      reason: "transport close",
    },
  };
  for (const [how, { close, after: last, reason }] of Object.entries(ways)) {
    it(`arrives before the connection is closed between two slices: ${how}`, async () => {
      const { client, socket, left } = lateReceiver();
      await sendToSome();
      close(socket);
      await client.closed;
      expect(briefs(client)).to.eql(["to all", ...last]);
      expect(await left).to.be(reason);
    });
  }

  it("arrives at a client that ends its side of the connection between two slices", async () => {
    const { client, left } = lateReceiver();
    await sendToSome();
    client.tcp.end();
    expect(await left).to.be("transport close");
    await client.closed;
    expect(briefs(client)).to.eql(["to all"]);
  });

  it("is not a write error for a client that resets the connection between two slices", async () => {
    const { client, left } = lateReceiver();
    await sendToSome();
    client.tcp.resetAndDestroy();
    expect(await left).to.be("transport close");
  });

  it("is buffered for a client that does not read, and then volatile events are dropped", async () => {
    const { client, socket } = lateReceiver();
    client.tcp.pause();
    let sent = 0;
    while (socket.bufferedBytes === 0 || (socket.conn.transport as any).writable) {
      socket.emit("filling", sent++, TEXT);
      await turn();
    }
    await sendToSome();
    socket.volatile.emit("dropped");
    await eventually(() => !(sockets[next + 1].bufferedBytes > 0));
    socket.emit("last");
    client.tcp.resume();
    await eventually(() => client.received.includes('42["last"]'));
    const [filling, others] = [true, false].map((isFilling) =>
      briefs(client).filter((frame) => frame.includes("filling") === isFilling),
    );
    expect(filling.length).to.be(sent);
    expect(filling.every((frame, i) => frame.startsWith(`42["filling",${i},`))).to.be(true);
    expect(others.slice(-3)).to.eql(['42["settle"]', "to all", '42["last"]']);
  });

  itOnFastPath("is written in one turn to 2,048 receivers", async () => {
    const connected = sockets.filter((socket) => socket.connected).slice(0, MAX_AT_ONCE);
    await eventually(() => connected.every(({ bufferedBytes }) => bufferedBytes === 0));
    for (const socket of connected) {
      socket.join("room");
    }
    io.to("room").emit("to all", TEXT);
    expect(connected.filter(({ bufferedBytes }) => bufferedBytes > 0).length).to.be(MAX_AT_ONCE);
    await turn();
    expect(connected.filter(({ bufferedBytes }) => bufferedBytes > 0).length).to.be(0);
  });

  it("arrives at all receivers before io.close() closes their connections between two slices", async () => {
    const left = clients.filter(({ tcp }) => !tcp.destroyed);
    await sendToSome();
    await io.close();
    await Promise.all(left.map(({ closed }) => closed));
    const lost = left.filter((each) => briefs(each).join() !== "to all,close");
    expect(lost.length).to.be(0);
  });

  it("arrives at all receivers before the process exits between two slices", async () => {
    const [first, ...others] = await crowdBeforeExit("between two slices", RECEIVERS);
    expect(briefs(first)).to.eql(["to all", '42["last words"]']);
    expect(others.filter((each) => briefs(each).join() !== briefs(first).join()).length).to.be(0);
  });
});
