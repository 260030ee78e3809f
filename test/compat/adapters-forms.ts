import expect from "expect.js";
import { Adapter } from "socket.io-adapter";
import { onTestEnd } from "../support/cleanup";
import { stopClock } from "../support/clock";
import { answerOf, connectMember, connectMembers, settled } from "../support/members";
import { ownTest } from "../support/own-tests";
import { type Running, startServer } from "../support/server";
import { Server } from "../support/subject";
import { nextEvent } from "../support/waiting";

/** Deliberate additions, which the reference server does not have. */

/** Sends "hello" to a room through any adapter. */
async function expectToWork(running: Running): Promise<void> {
  const [first, second] = await connectMembers(running, 2);
  first.socket.join("x");
  running.io.to("x").emit("hello");
  await settled(first, second);
  expect(first.seen).to.eql([["hello"]]);
  expect(second.seen).to.eql([]);
}

class Extended extends Adapter {
  readonly mark = "extended";
}

describe("the form of an adapter", () => {
  it("may be a class that extends npm's Adapter [22, 72]", async () => {
    const running = await startServer({ adapter: Extended });
    expect(running.io.of("/").adapter).to.be.an(Extended);
    await expectToWork(running);
  });

  it("may be npm's Adapter itself [22, 72]", async () => {
    const running = await startServer({ adapter: Adapter });
    expect(running.io.of("/").adapter).to.be.an(Adapter);
    await expectToWork(running);
  });

  it("may be a function that returns an adapter, like createAdapter() of published packages [22, 72]", async () => {
    function createAdapter(options: { key: string }) {
      // not an arrow function: it is called with `new`
      function newAdapter(nsp: any) {
        return Object.assign(new Extended(nsp), { key: `${options.key}#${nsp.name}` });
      }
      return newAdapter;
    }
    const running = await startServer({ adapter: createAdapter({ key: "prefix" }) });
    const { adapter } = running.io.of("/") as any;
    expect(adapter).to.be.an(Extended);
    expect(adapter.key).to.be("prefix#/");
    expect((running.io.of("/chat").adapter as any).key).to.be("prefix#/chat");
    await expectToWork(running);
  });

  ownTest("may be an arrow function that returns an adapter [22, 72]", async () => {
    const running = await startServer({ adapter: (nsp: any) => new Extended(nsp) });
    expect(running.io.of("/").adapter).to.be.an(Extended);
    await expectToWork(running);
  });

  it("may be set later: io.adapter() replaces the adapters of all namespaces [10, 22]", async () => {
    const running = await startServer();
    const chat = running.io.of("/chat");
    expect(running.io.adapter(Extended)).to.be(running.io);
    expect(running.io.adapter()).to.be(Extended);
    expect(running.io.of("/").adapter).to.be.an(Extended);
    expect(chat.adapter).to.be.an(Extended);
    expect(running.io.of("/new").adapter).to.be.an(Extended);
    await expectToWork(running);
  });

  it("receives the namespace, with its server, encoder and options [22]", async () => {
    const seen: any[] = [];
    class Curious extends Adapter {
      constructor(nsp: any) {
        super(nsp);
        seen.push([nsp.name, typeof nsp.server.encoder.encode, nsp.server.opts.connectionStateRecovery]);
      }
    }
    const connectionStateRecovery = { maxDisconnectionDuration: 7 };
    const { io } = await startServer({ adapter: Curious, connectionStateRecovery });
    io.of("/chat");
    const options = { maxDisconnectionDuration: 7, skipMiddlewares: true };
    expect(seen).to.eql([
      ["/", "function", options],
      ["/chat", "function", options],
    ]);
  });

  it("is constructed for each namespace of a pattern [41, 74]", async () => {
    const names: string[] = [];
    class Naming extends Adapter {
      override init() {
        names.push(this.nsp.name);
      }
    }
    const running = await startServer({ adapter: Naming });
    running.io.of(/^\/dynamic-\d$/);
    await connectMember(running, "/dynamic-1");
    await connectMember(running, "/dynamic-2");
    await connectMember(running, "/dynamic-1");
    expect(names).to.eql(["/", "/dynamic-1", "/dynamic-2"]);
  });
});

describe("an adapter whose methods return promises", () => {
  /** An adapter whose methods are all asynchronous. */
  class Slow extends Adapter {
    override async init() {
      await later();
    }
    override async addAll(id: string, rooms: Set<string>) {
      await later();
      super.addAll(id, rooms);
    }
    override async del(id: string, room: string) {
      await later();
      super.del(id, room);
    }
  }
  const later = () => new Promise<void>((resolve) => setImmediate(resolve));

  it("makes join() and leave() return promises [63, 72]", async () => {
    const running = await startServer({ adapter: Slow });
    const { socket } = await connectMember(running);
    const joined = socket.join("x");
    expect(joined).to.be.a(Promise);
    await joined;
    expect(socket.rooms.has("x")).to.be(true);
    const left = socket.leave("x");
    expect(left).to.be.a(Promise);
    await left;
    expect(socket.rooms.has("x")).to.be(false);
  });

  it("does not prevent a client from connecting while init() is pending [74]", async () => {
    let finish: () => void = () => {};
    class Initialising extends Adapter {
      override init() {
        return new Promise<void>((resolve) => {
          finish = resolve;
        });
      }
    }
    const running = await startServer({ adapter: Initialising });
    await expectToWork(running);
    finish();
  });

  it("delays io.close() [74, 90]", async () => {
    const order: string[] = [];
    class Closing extends Adapter {
      override async close() {
        await later();
        order.push(this.nsp.name);
      }
    }
    const { io } = await startServer({ adapter: Closing });
    io.of("/chat");
    await io.close();
    order.push("closed");
    expect(order.sort()).to.eql(["/", "/chat", "closed"]);
    expect(order.at(-1)).to.be("closed");
  });

  it("may have an asynchronous broadcast(), addSockets() and so on [72]", async () => {
    class Asynchronous extends Adapter {
      override async broadcast(packet: any, options: any) {
        await later();
        super.broadcast(packet, options);
      }
      override async addSockets(options: any, rooms: string[]) {
        await later();
        super.addSockets(options, rooms);
      }
      override async disconnectSockets(options: any, close: boolean) {
        await later();
        super.disconnectSockets(options, close);
      }
    }
    const running = await startServer({ adapter: Asynchronous });
    const member = await connectMember(running);
    const came = nextEvent(member.client, "hello");
    running.io.emit("hello");
    await came;
    running.io.socketsJoin("x");
    const gone = nextEvent(member.client, "disconnect");
    running.io.disconnectSockets();
    await gone;
  });
});

describe("an adapter that fails", () => {
  /** Collects unhandled rejections and process warnings until the test ends. */
  function recordFailures(): { rejections: unknown[]; warnings: Error[] } {
    return { rejections: takeOver("unhandledRejection"), warnings: takeOver("warning") };
  }

  function takeOver(event: "unhandledRejection" | "warning"): any[] {
    const seen: unknown[] = [];
    const others = process.listeners(event as any);
    process.removeAllListeners(event);
    process.on(event as any, (value: unknown) => seen.push(value));
    onTestEnd(() => {
      process.removeAllListeners(event);
      for (const other of others) {
        process.on(event as any, other);
      }
    });
    return seen;
  }

  class Failing extends Adapter {
    override async init() {
      throw new Error("no connection to the cluster");
    }
  }

  ownTest("in init() emits a process warning, and nothing else [74]", async () => {
    const { rejections, warnings } = recordFailures();
    const running = await startServer({ adapter: Failing });
    await expectToWork(running);
    expect(warnings).to.have.length(1);
    expect(warnings[0].message).to.contain('namespace "/"');
    expect(warnings[0].message).to.contain("no connection to the cluster");
    expect(rejections).to.eql([]);
  });

  it("in restoreSession() gives the client a new session [72, 78]", async () => {
    const { rejections } = recordFailures();
    class Forgetful extends Adapter {
      override restoreSession(): Promise<any> {
        return Promise.reject("error while fetching session");
      }
    }
    const running = await startServer({ adapter: Forgetful, connectionStateRecovery: {} });
    const { socket } = await connectMember(running, "/", {
      transports: ["websocket"],
      auth: { pid: "some id", offset: "some offset" },
    });
    expect(socket.recovered).to.be(false);
    expect(socket.connected).to.be(true);
    expect(rejections).to.eql([]);
  });

  it("to find a session, with null or undefined, gives the client a new session [72, 78]", async () => {
    for (const nothing of [null, undefined]) {
      class Empty extends Adapter {
        override restoreSession(): Promise<any> {
          return Promise.resolve(nothing);
        }
      }
      const running = await startServer({ adapter: Empty, connectionStateRecovery: {} });
      const { socket } = await connectMember(running, "/", {
        transports: ["websocket"],
        auth: { pid: "some id", offset: "some offset" },
      });
      expect(socket.recovered).to.be(false);
    }
  });

  ownTest("in serverCount() leaves a broadcast with acknowledgements to its timeout [57]", async () => {
    const { rejections } = recordFailures();
    class Uncounted extends Adapter {
      override serverCount(): Promise<number> {
        return Promise.reject(new Error("no connection to the cluster"));
      }
    }
    const running = await startServer({ adapter: Uncounted });
    const answered = answerOf(await connectMember(running), "answer");
    const clock = stopClock();
    const failed = running.io
      .timeout(20)
      .emitWithAck("question")
      .catch((reason: Error) => reason);
    await answered;
    clock.tick(20);
    const error: any = await failed;
    expect(error.message).to.be("operation has timed out");
    expect(error.responses).to.eql(["answer"]);
    expect(rejections).to.eql([]);
  });
});

describe("the adapter option", () => {
  it("applies to new Server() without an HTTP server too [1, 22]", async () => {
    const io = new Server({ adapter: Extended });
    onTestEnd(() => io.close().catch(() => {}));
    expect(io.of("/").adapter).to.be.an(Extended);
    expect(io.adapter()).to.be(Extended);
  });
});
