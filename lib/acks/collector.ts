/** Collects the acknowledgements of all receivers of a broadcast, on all servers. */
import { codedError } from "../errors";

/**
 * Sends the event whose acknowledgements are collected. `ask` calls `onClientCount` with the number of receivers on
 * each server, and `onAnswer` with each acknowledgement. If the adapter can detect it, `ask` calls `setRejection` for
 * each receiver that disconnects without an answer. It calls `onWrongAnswer` for each acknowledgement that does not follow the
 * contract of the namespace.
 */
export interface AckSource {
  ask(
    onClientCount: (count: number) => void,
    onAnswer: (answer: unknown) => void,
    setRejection: () => void,
    onWrongAnswer: (error: Error) => void,
  ): void;
  /** Returns the number of servers that will report their number of receivers. */
  serverCount(): Promise<number>;
  /** Called when the timeout has elapsed; later acknowledgements are ignored. */
  giveUp(): void;
}

/** Called with an error, or `null` if all receivers have answered, and the answers received so far. */
export type CollectedAck = (error: Error | null, answers: unknown) => void;

export interface CollectOptions {
  /** How long to wait for the acknowledgements, in milliseconds. */
  timeout?: number;
  /** Whether the receiver is a single socket, whose answer is not put into an array. */
  single?: boolean;
}

/** Calls `done` once: when all receivers have answered or disconnected, or when the timeout has elapsed. */
export function collectAcks(
  source: AckSource,
  { timeout, single }: CollectOptions,
  done: CollectedAck,
): void {
  const answers: unknown[] = [];
  let finished = false;
  let expectedServers = -1;
  let countedServers = 0;
  let expectedAnswers = 0;
  let lostAnswers = 0;
  let wrongAnswer: Error | undefined;

  const timer = setTimeout(() => {
    finished = true;
    source.giveUp();
    done(codedError("ACK_TIMEOUT"), single ? null : answers);
  }, timeout);

  const check = () => {
    const isComplete = countedServers === expectedServers && answers.length + lostAnswers === expectedAnswers;
    if (finished || !isComplete) {
      return;
    }
    finished = true;
    clearTimeout(timer);
    if (lostAnswers > 0) {
      done(wrongAnswer ?? codedError("SOCKET_DISCONNECTED"), single ? null : answers);
    } else {
      done(null, single ? answers[0] : answers);
    }
  };

  source.ask(
    (count) => {
      expectedAnswers += count;
      countedServers++;
      check();
    },
    (answer) => {
      answers.push(answer);
      check();
    },
    () => {
      lostAnswers++;
      check();
    },
    (error) => {
      wrongAnswer ??= error;
      lostAnswers++;
      check();
    },
  );

  source.serverCount().then(
    (count) => {
      expectedServers = count;
      check();
    },
    () => {
      // the number of servers is unknown, so wait until the timeout has elapsed
    },
  );
}
