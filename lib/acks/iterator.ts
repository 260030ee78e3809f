/** Iterates over the acknowledgements of a broadcast as they arrive. */

interface Reader<Answer> {
  resolve(result: IteratorResult<Answer, undefined>): void;
  reject(error: Error): void;
}

/**
 * The answers to an event, as `emitWithAckIterator()` returns them. Answers that arrive before they are read are queued: at
 * most one for each receiver.
 *
 * @since 4.9.0
 */
export class AckIterator<Answer> implements AsyncIterableIterator<Answer> {
  private readonly queue: Answer[] = [];
  /** The index of the first answer in the queue that was not read yet. */
  private start = 0;
  /** The pending calls of `next()`; there are none while answers are queued. */
  private readonly readers: Reader<Answer>[] = [];
  private hasEnded = false;
  /** The error to throw after the last answer. */
  private error: Error | undefined;
  private readonly giveUp: () => void;

  /**
   * Calls `ask`, which calls `onAnswer` with each answer, and `onEnd` after the last one. The function that it returns ends
   * the wait.
   */
  constructor(ask: (onAnswer: (answer: Answer) => void, onEnd: (error: Error | null) => void) => () => void) {
    this.giveUp = ask(
      (answer) => this.add(answer),
      (error) => this.end(error),
    );
  }

  private add(answer: Answer): void {
    const reader = this.readers.shift();
    if (reader) {
      reader.resolve({ value: answer, done: false });
    } else if (!this.hasEnded) {
      this.queue.push(answer);
    }
  }

  private end(error: Error | null): void {
    if (this.hasEnded) {
      return;
    }
    this.hasEnded = true;
    const reader = error && this.readers.shift();
    if (reader) {
      reader.reject(error);
    } else if (error) {
      this.error = error;
    }
    this.endReaders();
  }

  private endReaders(): void {
    for (const reader of this.readers.splice(0)) {
      reader.resolve({ value: undefined, done: true });
    }
  }

  /** Resolves to the next answer. Rejects after the last one if answers are missing, with the error that says why. */
  next(): Promise<IteratorResult<Answer, undefined>> {
    if (this.start < this.queue.length) {
      return Promise.resolve({ value: this.takeFirst(), done: false });
    }
    const { error } = this;
    if (error) {
      this.error = undefined;
      return Promise.reject(error);
    }
    if (this.hasEnded) {
      return Promise.resolve({ value: undefined, done: true });
    }
    return new Promise((resolve, reject) => this.readers.push({ resolve, reject }));
  }

  private takeFirst(): Answer {
    const first = this.queue[this.start] as Answer;
    // not removed with shift(), which moves all other answers
    this.queue[this.start] = undefined as never;
    this.start++;
    if (this.start === this.queue.length) {
      this.clearQueue();
    }
    return first;
  }

  private clearQueue(): void {
    this.queue.length = 0;
    this.start = 0;
  }

  /** Ends the wait, and drops the answers that were not read. A `for await` loop calls it at a `break`. */
  return(): Promise<IteratorResult<Answer, undefined>> {
    if (!this.hasEnded) {
      this.hasEnded = true;
      this.giveUp();
    }
    this.error = undefined;
    this.clearQueue();
    this.endReaders();
    return Promise.resolve({ value: undefined, done: true });
  }

  /** Returns the iterator itself, for `for await`. */
  [Symbol.asyncIterator](): this {
    return this;
  }
}
