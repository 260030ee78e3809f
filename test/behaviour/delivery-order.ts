import expect from "expect.js";
import { type Joined, joinMore, joinWire, receivedBy, writable } from "../support/joined";
import { connectMembers, settled } from "../support/members";
import { startServer } from "../support/server";
import { eventually, nextEvent, nextValue, turn } from "../support/waiting";
import type { Frame } from "../support/wire";

const PLACEHOLDER = '{"_placeholder":true,"num":0}';

type Way = (i: number) => Frame[];

/** The ways in which an event is sent to one client; each returns the expected frames. */
function waysTo({ socket }: Joined): Way[] {
  const io = socket.nsp;
  let asked = 0;
  return [
    (i) => {
      socket.emit("event", i);
      return [`42["event",${i}]`];
    },
    (i) => {
      io.emit("to all", i);
      return [`42["to all",${i}]`];
    },
    (i) => {
      io.to(socket.id).emit("to a room", "ü", i);
      return [`42["to a room","ü",${i}]`];
    },
    (i) => {
      socket.emit("binary", i, Buffer.from([i]));
      return [`451-["binary",${i},${PLACEHOLDER}]`, Buffer.from([i])];
    },
    (i) => {
      io.emit("binary to all", Buffer.from([i]));
      return [`451-["binary to all",${PLACEHOLDER}]`, Buffer.from([i])];
    },
    (i) => {
      socket.emit("question", i, () => {});
      return [`42${asked++}["question",${i}]`];
    },
    (i) => {
      socket.compress(false).emit("not compressed", i);
      return [`42["not compressed",${i}]`];
    },
    (i) => {
      socket.conn.send(`2["past the socket",${i}]`);
      return [`42["past the socket",${i}]`];
    },
    (i) => {
      const bytes = Buffer.alloc(20_000, i);
      socket.emit("many bytes", bytes);
      return [`451-["many bytes",${PLACEHOLDER}]`, bytes];
    },
    (i) => {
      const text = String(i).repeat(40_000);
      socket.emit("a long text", text);
      return [`42["a long text","${text}"]`];
    },
  ];
}

/** The time between one event and the next. */
const pauses: Record<string, (i: number) => unknown> = {
  "in one tick": () => undefined,
  "in one tick each": () => new Promise<void>((resolve) => process.nextTick(resolve)),
  "in one turn each": turn,
  "in ticks and turns": (i) => (i % 7 === 0 ? turn() : i % 3 === 0 ? Promise.resolve() : undefined),
};

describe("data that is sent to one client", () => {
  for (const [when, pause] of Object.entries(pauses)) {
    it(`arrives in the order in which it was sent, ${when} [55, 60, 66, 71]`, async () => {
      const joined = await joinWire(await startServer());
      const ways = waysTo(joined);
      const expected: Frame[] = [];
      for (let i = 0; i < 100; i++) {
        // each way precedes and follows each other way
        const way = ways[(i * (1 + Math.floor(i / ways.length))) % ways.length];
        expected.push(...way(i));
        const pausing = pause(i);
        if (pausing) {
          await pausing;
        }
      }
      expect(await receivedBy(joined)).to.eql(expected);
    });
  }

  it("arrives in order though some of it is volatile [60]", async () => {
    const joined = await joinWire(await startServer());
    await writable(joined);
    joined.socket.volatile.emit("a");
    joined.socket.emit("b");
    joined.socket.conn.send('2["c"]');
    joined.socket.emit("d");
    await writable(joined);
    joined.socket.emit("e");
    expect(await receivedBy(joined)).to.eql(["a", "b", "c", "d", "e"].map((name) => `42["${name}"]`));
  });

  it("arrives in order over two namespaces [40]", async () => {
    const { io, url } = await startServer();
    io.of("/chat");
    const main = await joinWire({ io, url });
    const chat = await joinMore(io, main.wire, "/chat");
    const expected: string[] = [];
    for (let i = 0; i < 20; i++) {
      main.socket.emit("main", i);
      io.of("/chat").emit("chat", i);
      chat.socket.emit("chat", i);
      io.emit("main", i);
      expected.push(`42["main",${i}]`, `42/chat,["chat",${i}]`, `42/chat,["chat",${i}]`, `42["main",${i}]`);
    }
    expect(await receivedBy(main)).to.eql(expected);
  });

  it("arrives in order from handlers, along with the answers to its questions [55]", async () => {
    const joined = await joinWire(await startServer());
    const { wire, socket } = joined;
    socket.on("question", (i: number, answer: (i: number) => void) => {
      socket.emit("before", i);
      answer(i);
      socket.emit("after", i);
    });
    const expected: string[] = [];
    for (let i = 0; i < 30; i++) {
      wire.send(`42${i}["question",${i}]`);
      expected.push(`42["before",${i}]`, `43${i}[${i}]`, `42["after",${i}]`);
    }
    for (const frame of expected) {
      expect(await wire.next()).to.be(frame);
    }
  });

  it("arrives in order at each of many clients, which receive partly the same events [66, 71]", async () => {
    const running = await startServer();
    const members = await connectMembers(running, 5);
    const expected: unknown[][][] = members.map(() => []);
    for (let i = 0; i < 50; i++) {
      const member = members[i % members.length];
      running.io.emit("all", i);
      member.socket.emit("one", i);
      member.socket.broadcast.emit("others", i);
      members.forEach((other, index) => {
        expected[index].push(["all", i], other === member ? ["one", i] : ["others", i]);
      });
      if (i % 8 === 0) {
        await turn();
      }
    }
    await settled(...members);
    expect(members.map(({ seen }) => seen)).to.eql(expected);
  });

  it("arrives in order while the connection is upgraded [39]", async () => {
    const { io, connect } = await startServer();
    let sent = 0;
    let isOver = false;
    const connected = nextValue(io, "connection");
    io.on("connection", async (socket) => {
      socket.conn.on("upgrade", () => {
        isOver = true;
      });
      while (!isOver) {
        socket.emit("n", sent++);
        await turn();
      }
      for (let i = 0; i < 20; i++) {
        socket.emit("n", sent++);
      }
      socket.emit("last");
    });
    const client = connect("/", { transports: ["polling", "websocket"] });
    const seen: number[] = [];
    client.on("n", (i: number) => seen.push(i));
    await nextEvent(client, "last");
    const socket = await connected;
    expect(socket.conn.transport.name).to.be("websocket");
    expect(seen).to.eql(Array.from({ length: sent }, (_, i) => i));
  });
});

describe("data that one client sends", () => {
  it("is handled in the order in which it was sent, also when it arrives in one chunk [55, 62]", async () => {
    const { wire, socket } = await joinWire(await startServer());
    const heard: unknown[][] = [];
    socket.onAny((...event: unknown[]) => heard.push(event));
    const question = socket.emitWithAck("question");
    await wire.next();
    const tcp = (wire.ws as any)._socket;
    tcp.cork();
    const expected: unknown[][] = [];
    for (let i = 0; i < 50; i++) {
      wire.send(`42["text",${i},"ü"]`, `451-["bytes",${i},${PLACEHOLDER}]`, Buffer.from([i]), '42["ascii"]');
      expected.push(["text", i, "ü"], ["bytes", i, Buffer.from([i])], ["ascii"]);
    }
    wire.send('430["answer"]', '42["last"]');
    expected.push(["last"]);
    tcp.uncork();
    await eventually(() => heard.length === expected.length);
    expect(heard).to.eql(expected);
    expect(await question).to.be("answer");
  });

  it("is handled in order in two namespaces, which are joined in between [40, 46]", async () => {
    const { io, url } = await startServer();
    const heard: unknown[][] = [];
    io.of("/chat").on("connection", (socket) => {
      heard.push(["joined"]);
      socket.onAny((...event: unknown[]) => heard.push(["chat", ...event]));
    });
    const { wire, socket } = await joinWire({ io, url });
    socket.onAny((...event: unknown[]) => heard.push(["main", ...event]));
    const joined = nextValue(io.of("/chat"), "connection");
    wire.send('42["a"]', "40/chat,");
    await joined;
    wire.send('42/chat,["b"]', '42["c"]', '42/chat,["d"]');
    await eventually(() => heard.length === 5);
    expect(heard).to.eql([["main", "a"], ["joined"], ["chat", "b"], ["main", "c"], ["chat", "d"]]);
  });
});
