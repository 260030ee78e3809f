/** The types of messages on diagnostics channels. */
import { subscribe, tracingChannel } from "node:diagnostics_channel";
import type {
  DiagnosticsChannels,
  EventMessage,
  Namespace,
  PlainChannels,
  Socket,
  TracingChannels,
} from "socket.io";
import { typeOf } from "./exact";

declare const event: DiagnosticsChannels["socket.io:event"];
typeOf(event).is<EventMessage>();
subscribe("socket.io:disconnect", (given) => {
  const message = given as DiagnosticsChannels["socket.io:disconnect"];
  typeOf(message.socket).is<Socket>();
  typeOf(message.nsp).is<Namespace>();
  typeOf(message.durationMs).is<number>();
});
tracingChannel<unknown, TracingChannels["socket.io:ack"]>("socket.io:ack").subscribe({
  start: (message) => typeOf(message.expected).is<number>(),
  end: () => {},
  asyncStart: (message) => typeOf(message.answers).is<unknown[] | undefined>(),
  asyncEnd: () => {},
  error: () => {},
});
// @ts-expect-error a plain channel
export type Wrong = TracingChannels["socket.io:guard"];
export type Right = PlainChannels["socket.io:guard"];
