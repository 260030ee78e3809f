/** A token bucket without timers: limits an amount per second, and allows bursts up to its capacity. */
export class TokenBucket {
  private tokens: number;
  private at = Date.now();

  constructor(
    private readonly perSecond: number,
    private readonly capacity: number,
  ) {
    this.tokens = capacity;
  }

  /** Whether this many tokens are available. */
  has(amount: number): boolean {
    const now = Date.now();
    // if the system clock was set back, no tokens are added or removed
    const elapsed = Math.max(0, now - this.at);
    this.at = now;
    this.tokens = Math.min(this.capacity, this.tokens + (elapsed * this.perSecond) / 1000);
    return this.tokens >= amount;
  }

  /** Takes this many tokens and returns `true`, or takes none and returns `false` if fewer are available. */
  take(amount: number): boolean {
    const may = this.has(amount);
    if (may) {
      this.tokens -= amount;
    }
    return may;
  }

  /** Whether all tokens are available. */
  isFull(): boolean {
    return this.has(this.capacity);
  }
}
