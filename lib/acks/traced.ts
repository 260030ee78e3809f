/** Publishes how long the acknowledgements of an event take. */
import { channels, sent } from "../diagnostics/channels";
import type { AckMessage } from "../diagnostics/messages";
import { begin, fail, settle } from "../diagnostics/tracing";
import type { CollectedAck } from "./collector";
import { type Ack, REJECT, type RejectableAck } from "./pending";

/** What is known about an acknowledgement when the event is sent. */
type About = { [Member in "nsp" | "socket" | "rooms" | "except"]?: unknown } & Pick<
  AckMessage,
  "event" | "args" | "timeout"
>;

/** Wraps the acknowledgement of a packet that a socket has sent. With `takesError`, its first argument is an error or `null`. */
export function tracedAck(ack: RejectableAck, takesError: boolean, packet: object, about: About): Ack {
  const message = { ...about, expected: 1, received: 0 } as AckMessage;
  beginAck(message, packet);
  const traced: RejectableAck = function (this: unknown, ...given) {
    const [error, ...answers] = takesError ? given : [undefined, ...given];
    // an acknowledgement without arguments counts too
    endAck(message, error, error ? [] : [answers[0]], () => ack.apply(this, given));
  };
  // set even if the acknowledgement has none, so that the operation ends
  traced[REJECT] = (error) => endAck(message, error, [], () => ack[REJECT]?.(error));
  return traced;
}

/** Follows the acknowledgements of a broadcast. */
export class CollectingTrace {
  private readonly message: AckMessage;
  private isOver = false;

  constructor(about: About) {
    this.message = { ...about, expected: 0, received: 0 } as AckMessage;
  }

  /** To be called when the event was sent: if it cannot be encoded, nothing is published. */
  begin(packet: object): void {
    beginAck(this.message, packet);
  }

  /** Wraps the function to which the servers report their numbers of receivers. */
  counting(onClientCount: (count: number) => void): (count: number) => void {
    return (count) => {
      this.message.expected += count;
      onClientCount(count);
    };
  }

  /** Wraps the function that is called with each answer, if the answers are not collected. */
  receiving(onAnswer: (answer: unknown) => void): (answer: unknown) => void {
    return (answer) => {
      this.message.received++;
      onAnswer(answer);
    };
  }

  /** Wraps the function that is called at the end: with an error or `null`, and with the collected answers. */
  ending(done: CollectedAck, single: boolean, areCollected: boolean): CollectedAck {
    return (error, answers) => {
      const all = !single ? (answers as unknown[]) : error ? [] : [answers];
      this.isOver = true;
      endAck(this.message, error, areCollected ? all : undefined, () => done(error, answers));
    };
  }

  /** Wraps the function that ends the wait. */
  stopping(stop: () => void): () => void {
    return () => {
      stop();
      if (!this.isOver) {
        this.isOver = true;
        endAck(this.message, undefined, undefined);
      }
    };
  }
}

/** Begins the wait for the acknowledgements of a packet that was sent. */
function beginAck(message: AckMessage, packet: object): void {
  const about = sent.messages?.get(packet);
  if (about) {
    message.sent = about;
  }
  begin(channels.ack, message);
}

/** Ends the wait for acknowledgements with an error or, if they were collected, with all answers. */
function endAck(
  message: AckMessage,
  error: unknown,
  answers: unknown[] | undefined,
  callback?: () => void,
): void {
  if (error) {
    fail(channels.ack, message, error);
  }
  if (answers) {
    message.received = answers.length;
    message.answers = answers;
  }
  settle(channels.ack, message, callback);
}
