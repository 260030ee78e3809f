/** Records what the library publishes on its diagnostics channels, until the test ends. */
import { AsyncLocalStorage } from "node:async_hooks";
import { channel, subscribe, unsubscribe } from "node:diagnostics_channel";
import type { PlainChannels, TracingChannels } from "../../lib";
import { onTestEnd } from "./cleanup";

export const STAGES = ["start", "end", "asyncStart", "asyncEnd", "error"] as const;
export type Stage = (typeof STAGES)[number];

export interface TracingRecord<Message> {
  /** The stages of all operations, in their order. */
  stages: Stage[];
  /** The message of each operation, in the order of `start`. */
  messages: Message[];
}

/** Subscribes to a channel until the test ends. */
export function listenTo(name: string, onMessage: (message: any) => void): void {
  subscribe(name, onMessage);
  onTestEnd(() => unsubscribe(name, onMessage));
}

/** Records the operations on a tracing channel, and calls `then` with each stage. */
export function recordTracing<Name extends keyof TracingChannels>(
  name: Name,
  then: (stage: Stage, message: TracingChannels[Name]) => void = () => {},
): TracingRecord<TracingChannels[Name]> {
  const stages: Stage[] = [];
  const messages: TracingChannels[Name][] = [];
  for (const stage of STAGES) {
    listenTo(`tracing:${name}:${stage}`, (message: TracingChannels[Name]) => {
      stages.push(stage);
      if (!messages.includes(message)) {
        messages.push(message);
      }
      then(stage, message);
    });
  }
  return { stages, messages };
}

/** Records the messages on a plain channel. */
export function recordPlain<Name extends keyof PlainChannels>(name: Name): PlainChannels[Name][] {
  const messages: PlainChannels[Name][] = [];
  listenTo(name, (message) => messages.push(message));
  return messages;
}

/** Binds a storage to stages of a tracing channel: its value is then the name of the stage. */
export function bindStages(name: keyof TracingChannels, ...stages: Stage[]): AsyncLocalStorage<unknown> {
  const storage = new AsyncLocalStorage<unknown>();
  for (const stage of stages) {
    const bound = channel(`tracing:${name}:${stage}`);
    bound.bindStore(storage, () => stage);
    onTestEnd(() => bound.unbindStore(storage));
  }
  return storage;
}
