import expect from "expect.js";
import { answerOnce, callAck, expectAck, type PendingAcks, rejectAcks } from "../../../lib/acks/pending";

describe("a pending acknowledgement", () => {
  it("is called once, with the socket as this, and removed", () => {
    const acks: PendingAcks = new Map();
    const socket = {};
    const calls: unknown[] = [];
    expectAck(
      acks,
      7,
      function (this: unknown, ...answer) {
        calls.push([this, answer]);
      },
      socket,
    );
    expect(callAck(acks, 7, ["a", "b"], socket)).to.be(true);
    expect(callAck(acks, 7, ["again"], socket)).to.be(false);
    expect(calls).to.have.length(1);
    expect(calls[0]).to.eql([socket, ["a", "b"]]);
    expect(acks.size).to.be(0);
  });

  it("is removed before it is called, so that it is not called again if it throws", () => {
    const acks: PendingAcks = new Map();
    expectAck(
      acks,
      1,
      () => {
        throw new Error("from the application");
      },
      {},
    );
    expect(() => callAck(acks, 1, [], {})).to.throwException(/from the application/);
    expect(acks.size).to.be(0);
  });

  it("with a timeout is called with an error at the timeout, and not afterwards [56]", async () => {
    const acks: PendingAcks = new Map();
    const calls: unknown[][] = [];
    await new Promise<void>((resolve) => {
      expectAck(
        acks,
        1,
        (...args) => {
          calls.push(args);
          resolve();
        },
        {},
        1,
      );
    });
    expect(callAck(acks, 1, ["late"], {})).to.be(false);
    expect(calls).to.have.length(1);
    expect((calls[0][0] as Error).message).to.be("operation has timed out");
    expect((calls[0][0] as { code?: string }).code).to.be("ACK_TIMEOUT");
  });

  it("with a timeout is called with null and the answer if it arrives in time [56]", () => {
    const acks: PendingAcks = new Map();
    const calls: unknown[][] = [];
    expectAck(acks, 1, (...args) => calls.push(args), {}, 60_000);
    callAck(acks, 1, ["in time"], {});
    expect(calls).to.eql([[null, "in time"]]);
  });
});

describe("pending acknowledgements without a possible answer", () => {
  it("are removed, and those with a timeout are called with an error at once", async () => {
    const acks: PendingAcks = new Map();
    const errors: (Error & { code?: string })[] = [];
    expectAck(acks, 1, () => expect().fail("it takes no error"), {});
    expectAck(acks, 2, (error) => errors.push(error), {}, 60_000);
    rejectAcks(acks);
    expect(acks.size).to.be(0);
    await new Promise(process.nextTick);
    expect(errors.map(({ message, code }) => [message, code])).to.eql([
      ["socket has been disconnected", "SOCKET_DISCONNECTED"],
    ]);
  });
});

describe("the acknowledgement of an event", () => {
  it("is sent once, however often the handler calls it [55]", () => {
    const sent: unknown[][] = [];
    const answer = answerOnce((args) => sent.push(args));
    answer(1, 2);
    answer(3);
    expect(sent).to.eql([[1, 2]]);
  });
});
