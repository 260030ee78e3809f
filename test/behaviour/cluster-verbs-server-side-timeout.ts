/** Timeouts of serverSideEmit(). */
import expect from "expect.js";
import { MessageType } from "socket.io-adapter";
import type { ServerOptions } from "../../lib";
import { stopClock } from "../support/clock";
import { startCluster } from "../support/cluster";
import { ownSuite } from "../support/own-tests";
import { listenersOf, rejection } from "../support/signals";
import { eventually, nextEvent, nextValue, turn } from "../support/waiting";

type Reply = (answer: unknown) => void;

/** Two servers. The second one answers "sum" at once, and "question" when the test says so. */
async function twoServers(options: Partial<ServerOptions> = {}) {
  const { nodes, bus } = await startCluster(2, options);
  const [io, other]: any[] = nodes.map((node) => node.io);
  other.on("sum", (a: number, b: number, reply: Reply) => reply(a + b));
  const asked: Promise<Reply> = nextValue(other, "question");
  const controller = new AbortController();
  return { io, other, bus, asked, controller, signal: controller.signal };
}

ownSuite("serverSideEmit() after timeout()", () => {
  it("sends the event, and passes on the responses that arrive in time", async () => {
    const { io, other } = await twoServers();
    const clock = stopClock();
    const idle = clock.running;
    expect(await io.timeout(1000).serverSideEmitWithAck("sum", 1, 2)).to.eql([3]);
    const args = await new Promise((resolve) => {
      io.of("/")
        .timeout(1000)
        .serverSideEmit("sum", 3, 4, (...answer: unknown[]) => resolve(answer));
    });
    expect(args).to.eql([null, [7]]);
    expect(clock.running).to.be(idle);
    const came = nextEvent(other, "news");
    const chain = io.timeout(1000);
    chain.emit("to clients");
    expect(chain.serverSideEmit("news", "text")).to.be(true);
    expect(await came).to.eql(["text"]);
  });

  it("fails with ACK_TIMEOUT when the time is over, and ignores later responses", async () => {
    const { io, bus, asked } = await twoServers();
    const clock = stopClock();
    const rejected = rejection(io.timeout(1000).serverSideEmitWithAck("question"));
    const calls: any[][] = [];
    io.timeout(1000).serverSideEmit("question", (...args: any[]) => calls.push(args));
    const reply = await asked;
    clock.tick(999);
    expect(calls).to.eql([]);
    clock.tick(1);
    const error = await rejected;
    expect([error.code, error.message, error.responses]).to.eql([
      "ACK_TIMEOUT",
      "operation has timed out",
      [],
    ]);
    reply("late");
    await eventually(() => bus.types().includes(MessageType.SERVER_SIDE_EMIT_RESPONSE));
    await turn();
    await turn();
    expect(calls).to.have.length(1);
    expect([calls[0]?.[0].code, calls[0]?.[1]]).to.eql(["ACK_TIMEOUT", []]);
  });

  for (const [title, select] of [
    ["before", (io: any, signal: AbortSignal) => io.timeout(1000).withSignal(signal)],
    ["after", (io: any, signal: AbortSignal) => io.withSignal(signal).timeout(1000)],
  ] as const) {
    it(`with the timeout ${title} a signal, ends with the first of the two`, async () => {
      const { io, other, asked, controller, signal } = await twoServers();
      const clock = stopClock();
      const idle = clock.running;
      expect(await select(io, signal).serverSideEmitWithAck("sum", 1, 2)).to.eql([3]);
      expect([clock.running, listenersOf(signal)]).to.eql([idle, 0]);

      const late = rejection(select(io, signal).serverSideEmitWithAck("question"));
      await asked;
      clock.tick(1000);
      expect((await late).code).to.be("ACK_TIMEOUT");
      expect(listenersOf(signal)).to.be(0);

      const askedAgain = nextValue(other, "question");
      const aborted = rejection(select(io, signal).serverSideEmitWithAck("question"));
      await askedAgain;
      const running = clock.running;
      controller.abort("enough");
      const error = await aborted;
      expect([error.code, error.cause, error.responses]).to.eql(["ABORT_ERR", "enough", []]);
      expect([clock.running, listenersOf(signal)]).to.eql([running - 1, 0]);
    });
  }

  it("leaves no timer and no listener if the event cannot be sent", async () => {
    const { io, signal } = await twoServers();
    const clock = stopClock();
    io.of("/").adapter.serverSideEmit = () => {
      throw new Error("not now");
    };
    const error = await rejection(io.withSignal(signal).timeout(1000).serverSideEmitWithAck("sum", 1, 2));
    expect(error.message).to.be("not now");
    expect([clock.running, listenersOf(signal)]).to.eql([0, 0]);
  });

  for (const [what, send] of [
    ["a response", (io: any, callback: () => void) => io.serverSideEmit("sum", 1, 2, callback)],
    ["the timeout", (io: any, callback: () => void) => io.timeout(1).serverSideEmit("question", callback)],
    [
      "an aborted signal",
      (io: any, callback: () => void) =>
        io.withSignal(AbortSignal.abort()).serverSideEmit("sum", 1, 2, callback),
    ],
  ] as const) {
    it(`passes what its callback throws to onHandlerError, called with ${what}`, async () => {
      const failed = new Promise<unknown[]>((resolve) => {
        const onHandlerError: ServerOptions["onHandlerError"] = (error, { phase, event }) =>
          resolve([error, phase, event]);
        twoServers({ onHandlerError }).then(({ io }) =>
          send(io, () => {
            throw "wrong";
          }),
        );
      });
      expect(await failed).to.eql(["wrong", "ack", what === "the timeout" ? "question" : "sum"]);
    });
  }

  it("throws after to(), except() or local: it sends to all other servers", async () => {
    const { io, bus } = await twoServers();
    const chains = [
      io.to("a"),
      io.except("a"),
      io.local,
      io.timeout(1000).to("a"),
      io.of("/").in("a").volatile,
    ];
    for (const chain of chains) {
      expect(() => chain.serverSideEmit("news")).to.throwException((error: any) => {
        expect(error.code).to.be("NO_SERVER_SIDE_ROOMS");
      });
      expect((await rejection(chain.serverSideEmitWithAck("news"))).code).to.be("NO_SERVER_SIDE_ROOMS");
    }
    expect(bus.types()).not.to.contain(MessageType.SERVER_SIDE_EMIT);
  });
});
