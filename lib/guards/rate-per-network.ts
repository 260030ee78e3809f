/** Limits the number of new connections per second from each network (option limits.handshakesPerSecond). */
import { TokenBucket } from "./token-bucket";

/** The minimum number of networks before idle ones are removed. */
const MIN_SWEEP_SIZE = 1_000;

/** Counts the recent connections of each network. */
export class RatePerNetwork {
  private readonly buckets = new Map<string, TokenBucket>();
  private sweepAt = MIN_SWEEP_SIZE;

  constructor(private readonly perSecond: number) {}

  /** The number of networks with a counter. */
  get size(): number {
    return this.buckets.size;
  }

  /** Counts a connection and returns `true`, or returns `false` if the limit is reached. */
  take(network: string): boolean {
    let bucket = this.buckets.get(network);
    if (!bucket) {
      this.sweep();
      bucket = new TokenBucket(this.perSecond, Math.max(1, this.perSecond));
      this.buckets.set(network, bucket);
    }
    return bucket.take(1);
  }

  /** Removes idle networks, whenever the number of networks has doubled since the last removal. */
  private sweep(): void {
    if (this.buckets.size < this.sweepAt) {
      return;
    }
    for (const [network, bucket] of this.buckets) {
      if (bucket.isFull()) {
        this.buckets.delete(network);
      }
    }
    this.sweepAt = Math.max(MIN_SWEEP_SIZE, this.buckets.size * 2);
  }
}
