/** Allows so much in a second, and so much at once after a silence; without timers. */
export class TokenBucket {
  private tokens: number;
  private at = Date.now();

  constructor(
    private readonly perSecond: number,
    private readonly capacity: number,
  ) {
    this.tokens = capacity;
  }

  /** Whether this much may come now. */
  has(amount: number): boolean {
    const now = Date.now();
    // a clock that was set back gives nothing, and takes nothing
    const elapsed = Math.max(0, now - this.at);
    this.at = now;
    this.tokens = Math.min(this.capacity, this.tokens + (elapsed * this.perSecond) / 1000);
    return this.tokens >= amount;
  }

  /** Takes this much if it may come now: what is refused does not count. */
  take(amount: number): boolean {
    const may = this.has(amount);
    if (may) {
      this.tokens -= amount;
    }
    return may;
  }

  /** Whether it is as good as new. */
  isFull(): boolean {
    return this.has(this.capacity);
  }
}
