/** Publishes how long the acknowledgements of an event take. */
import { channels } from "../diagnostics/channels";
import type { AckMessage } from "../diagnostics/messages";
import { begin, fail, settle } from "../diagnostics/tracing";
import { type Ack, REFUSE, REJECT, type RejectableAck } from "./pending";

/** What is known about an acknowledgement when the event is sent. */
type About = { [Member in "nsp" | "socket" | "rooms" | "except"]?: unknown } & Pick<
  AckMessage,
  "event" | "args" | "timeout"
>;

/** Wraps the acknowledgement of one socket. With `takesError`, its first argument is an error or `null`. */
export function tracedAck(ack: RejectableAck, takesError: boolean, about: About): Ack {
  const message = { ...about, expected: 1, received: 0 } as AckMessage;
  begin(channels.ack, message);
  const traced: RejectableAck = function (this: unknown, ...given) {
    const [error, ...answers] = takesError ? given : [undefined, ...given];
    // an acknowledgement without arguments counts too
    endAck(message, error, error ? [] : [answers[0]], () => ack.apply(this, given));
  };
  // set even if the acknowledgement has none, so that the operation ends
  traced[REJECT] = (error) => endAck(message, error, [], () => ack[REJECT]?.(error));
  traced[REFUSE] = (error) => endAck(message, error, [], () => ack[REFUSE]?.(error));
  return traced;
}

/** Starts to wait for the acknowledgements of a broadcast. */
export function traceCollecting(about: About): AckMessage {
  const message = { ...about, expected: 0, received: 0 } as AckMessage;
  begin(channels.ack, message);
  return message;
}

/** Wraps the function to which the servers report their numbers of receivers. */
export function counting(
  message: AckMessage,
  onClientCount: (count: number) => void,
): (count: number) => void {
  return (count) => {
    message.expected += count;
    onClientCount(count);
  };
}

/** Calls the callback of an acknowledgement, or of the collected acknowledgements, with an error or with all answers. */
export function endAck(message: AckMessage, error: unknown, answers: unknown[], callback: () => void): void {
  if (error) {
    fail(channels.ack, message, error);
  }
  message.received = answers.length;
  message.answers = answers;
  settle(channels.ack, message, callback);
}
