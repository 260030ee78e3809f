/** The subscriptions of one instrumentation to channels, which end together. */
import type { AsyncLocalStorage } from "node:async_hooks";
import { type Channel, channel, subscribe, unsubscribe } from "node:diagnostics_channel";
import { diag } from "@opentelemetry/api";
import type { PlainChannels, TracingChannels } from "../diagnostics/messages";

/** A function that gets the messages of a channel. */
type Listener<Message> = (message: Message) => void;

/** The functions for the events of a tracing channel. */
export interface TraceListeners<Message> {
  start?: Listener<Message>;
  end?: Listener<Message>;
  asyncStart?: Listener<Message>;
  asyncEnd?: Listener<Message>;
  error?: Listener<Message>;
}

/** A collection of subscriptions. */
export class Subscriptions {
  private readonly undo: (() => void)[] = [];

  /** Subscribes to a channel. */
  plain<Name extends keyof PlainChannels>(name: Name, listener: Listener<PlainChannels[Name]>): void {
    this.add(name, listener as Listener<unknown>);
  }

  /** Subscribes to the events of a tracing channel. */
  tracing<Name extends keyof TracingChannels>(
    name: Name,
    listeners: TraceListeners<TracingChannels[Name]>,
  ): void {
    for (const [event, listener] of Object.entries(listeners)) {
      this.add(`tracing:${name}:${event}`, listener);
    }
  }

  /** Binds a store to a tracing channel, for the functions that the channel observes. */
  bind<Name extends keyof TracingChannels, Value>(
    name: Name,
    event: "start" | "asyncStart",
    store: AsyncLocalStorage<Value>,
    contextOf: (message: TracingChannels[Name]) => Value,
  ): void {
    const bound: Channel = channel(`tracing:${name}:${event}`);
    bound.bindStore(store, contextOf as (message: unknown) => Value);
    this.undo.push(() => bound.unbindStore(store));
  }

  /** Ends all subscriptions. */
  end(): void {
    for (const remove of this.undo.splice(0)) {
      remove();
    }
  }

  /** An error of a subscriber would be an uncaught exception. */
  private add(name: string, listener: Listener<never>): void {
    const guarded = (message: unknown) => {
      try {
        (listener as Listener<unknown>)(message);
      } catch (error) {
        diag.error(`socket.io: a message on ${name} cannot be recorded`, error);
      }
    };
    subscribe(name, guarded);
    this.undo.push(() => unsubscribe(name, guarded));
  }
}
