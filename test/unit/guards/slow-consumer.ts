import expect from "expect.js";
import { decide, type Excess, type Verdict } from "../../../lib/guards/slow-consumer";
import type { SlowConsumerOptions } from "../../../lib/options/limits";

const maxBufferedBytes = 100;

function verdict(policy: SlowConsumerOptions["policy"], excess: Partial<Excess>): Verdict {
  const whole: Excess = { kind: "event", total: 101, droppable: 0, ...excess };
  return decide({ maxBufferedBytes, policy }, whole, () =>
    typeof policy === "function" ? policy(undefined, whole.total) : expect().fail("nobody is to be asked"),
  );
}

describe("a packet for a client that does not read", () => {
  it('by default, and with "disconnect", closes the connection', () => {
    for (const kind of ["event", "volatile event", "other"] as const) {
      expect(verdict(undefined, { kind })).to.be("disconnect");
      expect(verdict("disconnect", { kind })).to.be("disconnect");
    }
  });

  it('with "drop-volatile" is dropped if it is volatile, or buffered up to twice the limit', () => {
    const policy = "drop-volatile";
    expect(verdict(policy, { kind: "volatile event", total: 1000 })).to.be("drop");
    for (const kind of ["event", "other"] as const) {
      expect(verdict(policy, { kind, total: 200 })).to.be("write");
      expect(verdict(policy, { kind, total: 201 })).to.be("disconnect");
    }
  });

  it('with "drop-oldest" replaces older events, if there are enough of them', () => {
    const policy = "drop-oldest";
    for (const kind of ["event", "volatile event"] as const) {
      expect(verdict(policy, { kind, total: 150, droppable: 50 })).to.be("make room");
      expect(verdict(policy, { kind, total: 150, droppable: 49 })).to.be("drop");
    }
    expect(verdict(policy, { kind: "other", total: 250, droppable: 50 })).to.be("make room");
    expect(verdict(policy, { kind: "other", total: 150 })).to.be("make room");
    expect(verdict(policy, { kind: "other", total: 251, droppable: 50 })).to.be("disconnect");
  });

  it("with a function is treated as the function returns, but only events are dropped", () => {
    expect(verdict(() => "keep", { total: 1e9 })).to.be("write");
    expect(verdict(() => "keep", { kind: "other", total: 1e9 })).to.be("write");
    expect(verdict(() => "drop", {})).to.be("drop");
    expect(verdict(() => "drop", { kind: "other", total: 200 })).to.be("write");
    expect(verdict(() => "drop", { kind: "other", total: 201 })).to.be("disconnect");
    expect(verdict(() => "disconnect", {})).to.be("disconnect");
    expect(verdict((() => "close") as never, {})).to.be("disconnect");
    expect(verdict((_, bytes) => (bytes > 500 ? "drop" : "keep"), { total: 501 })).to.be("drop");
  });
});
