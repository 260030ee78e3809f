/** The expected results of the CONNECT and DISCONNECT packets of one connection for one namespace. */

interface Asked {
  readonly n: number;
  isCancelled: boolean;
}

/** Each CONNECT has a number. */
export class JoiningModel {
  /** The CONNECT with which the client has joined. */
  joined?: number;
  /** The CONNECT whose middleware is pending. */
  private running?: Asked;
  /** The latest CONNECT that arrived meanwhile. */
  private waiting?: number;
  /** The responses to the client: `40` and `44` with the number of the CONNECT. */
  readonly answers: string[] = [];

  /** Whether a CONNECT is accepted; otherwise it would close the connection. */
  get mayConnect(): boolean {
    return this.joined === undefined;
  }

  /** Whether a DISCONNECT is accepted. */
  get mayDisconnect(): boolean {
    return this.joined !== undefined || this.running?.isCancelled === false || this.waiting !== undefined;
  }

  /** The number of sockets whose middleware is pending. */
  get arriving(): number {
    return this.running?.isCancelled === false ? 1 : 0;
  }

  connect(n: number): void {
    if (this.running) {
      this.waiting = n;
    } else {
      this.running = { n, isCancelled: false };
    }
  }

  disconnect(): void {
    this.joined = undefined;
    this.waiting = undefined;
    if (this.running) {
      this.running.isCancelled = true;
    }
  }

  /** The CONNECT whose middleware runs, unless it is cancelled in the tick in which it arrives. */
  runs(hasStarted: (n: number) => boolean): number | undefined {
    if (this.running?.isCancelled && !hasStarted(this.running.n)) {
      this.takeUp();
    }
    return this.running?.n;
  }

  /** The middleware has decided. */
  decide(isAccepted: boolean): void {
    const { running } = this;
    this.running = undefined;
    if (running && !running.isCancelled && isAccepted) {
      this.joined = running.n;
      this.waiting = undefined;
      this.answers.push(`40 ${running.n}`);
    } else if (this.waiting !== undefined) {
      this.takeUp();
    } else if (running && !running.isCancelled) {
      this.answers.push(`44 ${running.n}`);
    }
  }

  private takeUp(): void {
    this.running = this.waiting === undefined ? undefined : { n: this.waiting, isCancelled: false };
    this.waiting = undefined;
  }
}
