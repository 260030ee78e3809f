import expect from "expect.js";
import { RatePerNetwork } from "../../../lib/guards/rate-per-network";
import { TokenBucket } from "../../../lib/guards/token-bucket";
import { type Clock, stopClock } from "../../support/clock";

describe("a token bucket", () => {
  let clock: Clock;

  beforeEach(() => {
    clock = stopClock();
  });

  it("provides its content at once, and then tokens over time", () => {
    const bucket = new TokenBucket(10, 20);
    expect(bucket.take(20)).to.be(true);
    expect(bucket.take(1)).to.be(false);
    clock.tick(100);
    expect(bucket.take(1)).to.be(true);
    expect(bucket.take(1)).to.be(false);
  });

  it("never contains more than at first", () => {
    const bucket = new TokenBucket(10, 20);
    clock.tick(60_000);
    expect(bucket.take(20)).to.be(true);
    expect(bucket.take(1)).to.be(false);
  });

  it("does not count refusals", () => {
    const bucket = new TokenBucket(10, 10);
    expect(bucket.take(11)).to.be(false);
    expect(bucket.take(10)).to.be(true);
  });

  it("works when the clock was set back", () => {
    const bucket = new TokenBucket(10, 10);
    bucket.take(10);
    const { now } = Date;
    Date.now = () => now() - 3_600_000;
    expect(bucket.take(1)).to.be(false);
    clock.tick(100);
    expect(bucket.take(1)).to.be(true);
    Date.now = now;
  });
});

describe("the rate of connections", () => {
  it("is counted for each network", () => {
    stopClock();
    const rate = new RatePerNetwork(2);
    expect([rate.take("a"), rate.take("a"), rate.take("a"), rate.take("b")]).to.eql([
      true,
      true,
      false,
      true,
    ]);
  });

  it("accepts one connection, however low it is", () => {
    const clock = stopClock();
    const rate = new RatePerNetwork(0.1);
    expect([rate.take("a"), rate.take("a")]).to.eql([true, false]);
    clock.tick(10_000);
    expect(rate.take("a")).to.be(true);
  });

  it("drops silent networks: memory does not grow with the number of addresses", () => {
    const clock = stopClock();
    const rate = new RatePerNetwork(2);
    let most = 0;
    for (let i = 0; i < 50_000; i++) {
      rate.take(`address ${i}`);
      clock.tick(i % 10 === 0 ? 10 : 0);
      most = Math.max(most, rate.size);
    }
    // 1,000 addresses within a second
    expect(most).to.be.within(1_000, 4_000);
  });

  it("does not drop networks that connect too fast", () => {
    stopClock();
    const rate = new RatePerNetwork(1);
    rate.take("attacker");
    for (let i = 0; i < 5_000; i++) {
      rate.take(`address ${i}`);
    }
    expect(rate.take("attacker")).to.be(false);
  });
});
