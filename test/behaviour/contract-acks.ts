import expect from "expect.js";
import * as z from "zod";
import { contract } from "../../lib/contract/contract";
import { Bus, clusterAdapter } from "../support/cluster";
import { heldSchema } from "../support/contracts";
import { guardMessages } from "../support/guard-messages";
import { outline, startGuarded } from "../support/handler-errors";
import { ownSuite } from "../support/own-tests";
import type { ClientSocket } from "../support/server";
import type { SocketType } from "../support/subject";
import { eventually, nextEvent, turn } from "../support/waiting";

const chat = contract({
  serverToClient: {
    whoami: { ack: z.string().trim().min(1) },
    free: { args: z.number() },
  },
});

/** Makes a client answer an event. */
function answerWith(client: ClientSocket, answer: unknown, event = "whoami") {
  client.on(event, (...args) => args.at(-1)(answer));
}

const MESSAGE =
  'The acknowledgement of the event "whoami" does not follow the contract of the namespace, at its root';

ownSuite("the acknowledgement of a client, with a contract", () => {
  it("is what the schema returns", async () => {
    const { pair } = await startGuarded({ contract: chat });
    const { client, socket } = await pair();
    answerWith(client, " alice ");
    expect(await socket.emitWithAck("whoami")).to.be("alice");
    expect(await socket.timeout(10_000).emitWithAck("whoami")).to.be("alice");
    const heard: unknown[][] = [];
    socket.emit("whoami", (...args: unknown[]) => heard.push(args));
    socket.timeout(10_000).emit("whoami", (...args: unknown[]) => heard.push(args));
    await eventually(() => heard.length === 2);
    expect(heard).to.eql([["alice"], [null, "alice"]]);
  });

  for (const [how, asking] of [
    ["without a timeout", (socket: SocketType) => socket],
    ["with a timeout", (socket: SocketType) => socket.timeout(10_000)],
    ["with a signal", (socket: SocketType) => socket.withSignal(new AbortController().signal)],
  ] as const) {
    it(`rejects emitWithAck() ${how} if it is wrong`, async () => {
      const { io, pair, reported } = await startGuarded({ contract: chat });
      const messages = guardMessages(io);
      const { client, socket } = await pair();
      answerWith(client, { secret: 1 });
      const error = await asking(socket)
        .emitWithAck("whoami")
        .then(
          () => undefined,
          (reason) => reason,
        );
      expect([error.code, error.message]).to.eql(["INVALID_PAYLOAD", MESSAGE]);
      expect(outline(reported)).to.eql([["contract", "whoami", MESSAGE]]);
      expect(messages.map(({ code }) => code)).to.eql(["INVALID_PAYLOAD"]);
      expect(socket.acks.size).to.be(0);
    });
  }

  it("leaves emitWithAck() pending if the client disconnects, unless ackOnDisconnect is reject", async () => {
    for (const [ackOnDisconnect, expected] of [
      ["pending", []],
      ["reject", ["SOCKET_DISCONNECTED"]],
    ] as const) {
      const { pair } = await startGuarded({ contract: chat, ackOnDisconnect });
      const { client, socket } = await pair();
      const settled: unknown[] = [];
      socket.emitWithAck("whoami").then(
        (value) => settled.push(value),
        ({ code }) => settled.push(code),
      );
      const gone = nextEvent(socket, "disconnect");
      client.disconnect();
      await gone;
      await turn();
      expect(settled).to.eql(expected);
    }
  });

  it("is passed to a callback with a timeout as an error if it is wrong, and to no other callback", async () => {
    const { pair, errors } = await startGuarded({ contract: chat });
    const { client, socket } = await pair();
    answerWith(client, "");
    let called = 0;
    socket.emit("whoami", () => called++);
    const error = await new Promise<any>((resolve) => socket.timeout(10_000).emit("whoami", resolve));
    expect(error.code).to.be("INVALID_PAYLOAD");
    await errors(2);
    expect(called).to.be(0);
  });

  it("may be undefined, which arrives as null, if the schema allows it and refuses null", async () => {
    const own = contract({ serverToClient: { whoami: { ack: z.string().optional() } } });
    const { io, pair } = await startGuarded({ contract: own });
    const { client, socket } = await pair();
    answerWith(client, undefined);
    expect(await socket.emitWithAck("whoami")).to.be(undefined);
    expect(await socket.timeout(10_000).emitWithAck("whoami")).to.be(undefined);
    expect(await io.timeout(10_000).emitWithAck("whoami")).to.eql([undefined]);
  });

  it("is checked by asynchronous schemas, too", async () => {
    const { schema, held, end } = heldSchema();
    const { pair } = await startGuarded({
      contract: contract({ serverToClient: { whoami: { ack: schema } } }),
    });
    const { client, socket } = await pair();
    answerWith(client, "alice");
    const answer = socket.timeout(10_000).emitWithAck("whoami");
    await eventually(() => held.length === 1);
    end();
    expect(await answer).to.be("ALICE");
  });

  for (const [what, code, limited] of [
    ["timeout", "ACK_TIMEOUT", (socket: SocketType) => [socket.timeout(1_000), () => {}]],
    [
      "signal",
      "ABORT_ERR",
      (socket: SocketType) => {
        const controller = new AbortController();
        return [socket.withSignal(controller.signal), () => controller.abort()];
      },
    ],
  ] as [string, string, (socket: SocketType) => [SocketType, () => void]][]) {
    it(`ends the wait at its ${what} even while an asynchronous schema checks it`, async () => {
      const { schema, held, end } = heldSchema();
      const { pair } = await startGuarded({
        contract: contract({ serverToClient: { whoami: { ack: schema } } }),
      });
      const { client, socket } = await pair();
      answerWith(client, "alice");
      const heard: any[] = [];
      const [asking, stop] = limited(socket);
      asking.emit("whoami", (...given: unknown[]) => heard.push(given));
      await eventually(() => held.length === 1);
      stop();
      await eventually(() => heard.length === 1);
      expect(heard[0][0].code).to.be(code);
      end();
      await turn();
      expect(heard.length).to.be(1);
    });
  }

  it("to an event for many clients is what the schema returns, and a wrong one is an error with the others", async () => {
    const { io, pair } = await startGuarded({ contract: chat });
    const first = await pair();
    const second = await pair();
    answerWith(first.client, " alice ");
    answerWith(second.client, "bob ");
    expect((await io.timeout(10_000).emitWithAck("whoami")).sort()).to.eql(["alice", "bob"]);
    second.client.off("whoami");
    answerWith(second.client, 7);
    const error: any = await io
      .timeout(10_000)
      .emitWithAck("whoami")
      .catch((reason) => reason);
    expect([error.code, error.responses]).to.eql(["INVALID_PAYLOAD", ["alice"]]);
    const [remote] = await io.in(second.socket.id).fetchSockets();
    const single = await new Promise<any>((resolve) => remote?.timeout(10_000).emit("whoami", resolve));
    expect(single.code).to.be("INVALID_PAYLOAD");
  });

  it("of a client of another server is checked by the server that has asked", async () => {
    const bus = new Bus();
    const [one, two] = await Promise.all(
      [0, 1].map(() => startGuarded({ contract: chat, adapter: clusterAdapter(bus) })),
    );
    const there = await (two as NonNullable<typeof two>).pair();
    answerWith(there.client, " carol ");
    expect(await one?.io.timeout(10_000).emitWithAck("whoami")).to.eql(["carol"]);
    there.client.off("whoami");
    answerWith(there.client, null);
    const error: any = await one?.io
      .timeout(10_000)
      .emitWithAck("whoami")
      .catch((reason) => reason);
    expect([error.code, error.responses]).to.eql(["INVALID_PAYLOAD", []]);
    expect([one?.reported.length, two?.reported.length]).to.eql([1, 0]);
  });
});
