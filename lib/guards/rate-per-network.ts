/** How fast connections come from each network. */
import { TokenBucket } from "./token-bucket";

/** Below as many networks, none is looked for that could be forgotten. */
const FEW = 1_000;

/** Remembers only the networks that have been heard of lately. */
export class RatePerNetwork {
  private readonly buckets = new Map<string, TokenBucket>();
  private sweepAt = FEW;

  constructor(private readonly perSecond: number) {}

  /** How many networks are remembered. */
  get size(): number {
    return this.buckets.size;
  }

  /** Counts one more, if it may come now. */
  take(network: string): boolean {
    let bucket = this.buckets.get(network);
    if (!bucket) {
      this.sweep();
      bucket = new TokenBucket(this.perSecond, Math.max(1, this.perSecond));
      this.buckets.set(network, bucket);
    }
    return bucket.take(1);
  }

  /** Forgets the networks that have been silent, each time when there are twice as many as were left. */
  private sweep(): void {
    if (this.buckets.size < this.sweepAt) {
      return;
    }
    for (const [network, bucket] of this.buckets) {
      if (bucket.isFull()) {
        this.buckets.delete(network);
      }
    }
    this.sweepAt = Math.max(FEW, this.buckets.size * 2);
  }
}
