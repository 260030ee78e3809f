/** Collects the acknowledgements of all receivers of a broadcast, on all servers. */
import { codedError } from "../errors";
import { onAbort } from "./signal";

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
  /** Called when the wait has ended without all acknowledgements; later ones are ignored. */
  giveUp(): void;
}

/** Called with an error, or `null` if all receivers have answered, and the answers received so far. */
export type CollectedAck = (error: Error | null, answers: unknown) => void;

export interface CollectOptions {
  /** How long to wait for the acknowledgements, in milliseconds. Without a signal, there is always a timeout. */
  timeout?: number;
  /** Whether the receiver is a single socket, whose answer is not put into an array. */
  single?: boolean;
  /** Ends the wait when it is aborted. */
  signal?: AbortSignal;
  /** Called with each answer. The answers are then not collected. */
  onAnswer?: (answer: unknown) => void;
}

/**
 * Calls `done` once: when all receivers have answered or disconnected, when the timeout has elapsed, or when the signal is
 * aborted. Returns a function that ends the wait without calling `done`.
 */
export function collectAcks(
  source: AckSource,
  { timeout, single, signal, onAnswer }: CollectOptions,
  done: CollectedAck,
): () => void {
  const answers: unknown[] = [];
  let finished = false;
  let expectedServers = -1;
  let countedServers = 0;
  let expectedAnswers = 0;
  let receivedAnswers = 0;
  let lostAnswers = 0;
  let wrongAnswer: Error | undefined;

  const finish = () => {
    finished = true;
    clearTimeout(timer);
    stopListening?.();
  };

  const stop = () => {
    if (!finished) {
      finish();
      source.giveUp();
    }
  };

  const fail = (error: Error) => {
    if (!finished) {
      stop();
      done(error, single ? null : answers);
    }
  };

  const check = () => {
    const isComplete =
      countedServers === expectedServers && receivedAnswers + lostAnswers === expectedAnswers;
    if (finished || !isComplete) {
      return;
    }
    finish();
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
      if (finished) {
        return;
      }
      receivedAnswers++;
      onAnswer ? onAnswer(answer) : answers.push(answer);
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

  // set when the event was sent: if it cannot be encoded, the lines above throw
  const timer =
    timeout === undefined && signal ? undefined : setTimeout(() => fail(codedError("ACK_TIMEOUT")), timeout);
  const stopListening = signal && onAbort(signal, fail);

  source.serverCount().then(
    (count) => {
      expectedServers = count;
      check();
    },
    () => {
      // the number of servers is unknown, so wait until the timeout has elapsed, or the signal is aborted
    },
  );
  return stop;
}
