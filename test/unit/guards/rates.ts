import expect from "expect.js";
import { RatePerNetwork } from "../../../lib/guards/rate-per-network";
import { TokenBucket } from "../../../lib/guards/token-bucket";
import { type Clock, stopClock } from "../../support/clock";

describe("a token bucket", () => {
  let clock: Clock;

  beforeEach(() => {
    clock = stopClock();
  });

  it("gives as much at once as it holds, and then what comes in with time", () => {
    const bucket = new TokenBucket(10, 20);
    expect(bucket.take(20)).to.be(true);
    expect(bucket.take(1)).to.be(false);
    clock.tick(100);
    expect(bucket.take(1)).to.be(true);
    expect(bucket.take(1)).to.be(false);
  });

  it("never holds more than at first", () => {
    const bucket = new TokenBucket(10, 20);
    clock.tick(60_000);
    expect(bucket.take(20)).to.be(true);
    expect(bucket.take(1)).to.be(false);
  });

  it("does not count what it refuses", () => {
    const bucket = new TokenBucket(10, 10);
    expect(bucket.take(11)).to.be(false);
    expect(bucket.take(10)).to.be(true);
  });

  it("goes on when the clock was set back", () => {
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

  it("lets one in, however slow it is", () => {
    const clock = stopClock();
    const rate = new RatePerNetwork(0.1);
    expect([rate.take("a"), rate.take("a")]).to.eql([true, false]);
    clock.tick(10_000);
    expect(rate.take("a")).to.be(true);
  });

  it("forgets those who were silent: memory does not grow with the addresses that were ever heard of", () => {
    const clock = stopClock();
    const rate = new RatePerNetwork(2);
    let most = 0;
    for (let i = 0; i < 50_000; i++) {
      rate.take(`address ${i}`);
      clock.tick(i % 10 === 0 ? 10 : 0);
      most = Math.max(most, rate.size);
    }
    // within a second 1,000 addresses are heard of
    expect(most).to.be.within(1_000, 4_000);
  });

  it("does not forget those who come too fast", () => {
    stopClock();
    const rate = new RatePerNetwork(1);
    rate.take("attacker");
    for (let i = 0; i < 5_000; i++) {
      rate.take(`address ${i}`);
    }
    expect(rate.take("attacker")).to.be(false);
  });
});
