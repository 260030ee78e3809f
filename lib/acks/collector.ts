/** Gathers the answers of many receivers, over all servers. */
import { codedError } from "../errors";

/**
 * Asks the receivers; tells how many there are on each server, each first answer and, where that can be known, each
 * receiver that has left without one.
 */
export interface AckSource {
  ask(
    onClientCount: (count: number) => void,
    onAnswer: (answer: unknown) => void,
    onNoAnswer: () => void,
  ): void;
  /** How many servers will tell their count. */
  serverCount(): Promise<number>;
  /** The time is over: nobody is waited for any more. */
  giveUp(): void;
}

/** Called with the error, `null` if all have answered, and the answers there are. */
export type CollectedAck = (error: Error | null, answers: unknown) => void;

export interface CollectOptions {
  /** How long answers are waited for, in milliseconds. */
  timeout?: number;
  /** The receiver is one socket: its answer comes as it is, not in an array. */
  single?: boolean;
}

/** Calls `done` once: when every receiver on every server has answered or left, or when the time is over. */
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
      done(codedError("SOCKET_DISCONNECTED"), single ? null : answers);
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
  );

  source.serverCount().then(
    (count) => {
      expectedServers = count;
      check();
    },
    () => {
      // how many servers there are stays unknown: the time decides
    },
  );
}
