import expect from "expect.js";
import { collectAcks } from "../../../lib/acks/collector";
import {
  callAck,
  expectAck,
  guardAck,
  type PendingAcks,
  rejectAcks,
  setRejection,
} from "../../../lib/acks/pending";

const guard = { attempt: (call: () => unknown) => void call() };

describe("an acknowledgement without a possible answer", () => {
  it("is called with an error, or removed if its callback takes no error [security 17]", async () => {
    const acks: PendingAcks = new Map();
    const failed = new Promise<any>((resolve) => {
      expectAck(
        acks,
        1,
        setRejection(() => {}, resolve),
        {},
      );
    });
    expectAck(acks, 2, () => {}, {});
    // other adapters may set anything
    acks.set(3, undefined as never);
    rejectAcks(acks);
    expect(acks.size).to.be(0);
    expect((await failed).code).to.be("SOCKET_DISCONNECTED");
  });

  it("is called with an error through a guard too [security 2, 17]", async () => {
    const acks: PendingAcks = new Map();
    const calls: unknown[] = [];
    const self = {};
    const failed = new Promise((resolve) => {
      const ack = setRejection(function (this: unknown, ...answer) {
        calls.push([this === self, ...answer]);
      }, resolve);
      expectAck(acks, 1, guardAck(ack, guard, { phase: "ack" }), self);
    });
    expectAck(
      acks,
      2,
      guardAck((value) => calls.push(value), guard, { phase: "ack" }),
      self,
    );
    callAck(acks, 2, ["answer"], self);
    expect(calls).to.eql(["answer"]);
    rejectAcks(acks);
    expect(await failed).to.be.an(Error);
  });
});

describe("the acknowledgements of a broadcast", () => {
  it("are complete when some receivers have answered and the others have disconnected [security 17]", async () => {
    const outcome = await new Promise<unknown[]>((resolve) => {
      collectAcks(
        {
          ask(onCount, onAnswer, onLeft) {
            onCount(3);
            onAnswer("a");
            onLeft();
            onLeft();
          },
          serverCount: () => Promise.resolve(1),
          giveUp: () => resolve(["given up"]),
        },
        { timeout: 60_000 },
        (...args) => resolve(args),
      );
    });
    const [error, answers] = outcome as [any, unknown];
    expect(error.code).to.be("SOCKET_DISCONNECTED");
    expect(answers).to.eql(["a"]);
  });
});
