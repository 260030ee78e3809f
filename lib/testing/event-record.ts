/** Records the events that an object emits: for messages of errors, and for those that follow in the same turn. */
import { inspect } from "node:util";
import { inNextTurn } from "../at-load";
import { escaped, quoted } from "../texts";
import type { Listener } from "../typed-events";

/** An event emitter, with the methods that only sockets have. */
export interface Listenable {
  on(event: string | symbol, listener: Listener): unknown;
  off?(event: string | symbol, listener: Listener): unknown;
  removeListener?(event: string | symbol, listener: Listener): unknown;
  onAny?(listener: Listener): unknown;
  offAny?(listener: Listener): unknown;
}

/** The events of sockets that `onAny()` does not report. */
const UNREPORTED: readonly (string | symbol)[] = ["connect", "connect_error", "disconnect"];

/** The largest number of events in a message, and of characters for the arguments of one event. */
const MAX_EVENTS = 10;
const MAX_ARGUMENTS = 60;

export function removeListener(source: Listenable, event: string | symbol, listener: Listener): void {
  if (source.off) {
    source.off(event, listener);
  } else {
    source.removeListener?.(event, listener);
  }
}

/** The events that an object emits from now on: those with the given names and, of a socket, those of `onAny()`. */
class EventRecord {
  protected events: [event: string | symbol, args: unknown[]][] = [];
  private readonly listeners: [event: string | symbol, listener: Listener][] = [];
  private readonly onAny: Listener = (event, ...args) => this.events.push([event, args]);

  constructor(
    protected readonly source: Listenable,
    names: readonly (string | symbol)[],
    withAny: boolean,
  ) {
    if (withAny) {
      source.onAny?.(this.onAny);
    }
    for (const name of names) {
      const listener: Listener = (...args) => this.events.push([name, args]);
      this.listeners.push([name, listener]);
      source.on(name, listener);
    }
  }

  end(): void {
    this.source.offAny?.(this.onAny);
    for (const [event, listener] of this.listeners) {
      removeListener(this.source, event, listener);
    }
  }
}

/** What a socket receives while a test waits for another event. */
export class ReceivedMeanwhile extends EventRecord {
  constructor(source: Listenable, awaited: string | symbol) {
    super(source, source.onAny ? UNREPORTED.filter((name) => name !== awaited) : [], true);
  }

  /** Returns the end of a sentence about the events, or an empty text if the source does not report them. */
  describe(): string {
    if (!this.source.onAny) {
      return "";
    }
    const { length } = this.events;
    const last = this.events.slice(-MAX_EVENTS).map(([event, args]) => `${quoted(event)} (${shown(args)})`);
    const more = length > last.length ? ` (the last ${last.length} of ${length})` : "";
    return length === 0
      ? "; no other event was received meanwhile"
      : `; received meanwhile: ${last.join(", ")}${more}`;
  }
}

function shown(args: unknown[]): string {
  const texts = args
    .filter((arg) => typeof arg !== "function")
    .map((arg) =>
      arg instanceof Error ? arg.message : inspect(arg, { depth: 2, breakLength: Number.POSITIVE_INFINITY }),
    );
  return escaped(texts.join(", "), MAX_ARGUMENTS);
}

/** What an object emits in the rest of a turn, after an event that a test has waited for. */
class RestOfTurn extends EventRecord {
  /** All events of a client; of others, those with the same name: `onAny()` of the server's sockets is called too early. */
  constructor(source: Listenable, event: string | symbol) {
    const isClient = "io" in source && source.onAny !== undefined;
    super(source, isClient ? UNREPORTED : [event], isClient);
  }

  /** Returns the arguments of the first event with this name, and forgets it and those before. */
  take(name: string | symbol): unknown[] | undefined {
    const index = this.events.findIndex(([event]) => event === name);
    if (index < 0) {
      return undefined;
    }
    const [[, args]] = this.events.splice(0, index + 1).slice(-1) as [[string | symbol, unknown[]]];
    return args;
  }
}

const rests = new WeakMap<object, RestOfTurn>();

/**
 * Records what follows in the same turn. Several packets may arrive in one chunk, and their events are emitted before a
 * test continues after its `await`: without the record, it would miss them.
 */
export function recordRestOfTurn(source: Listenable, event: string | symbol): void {
  rests.get(source)?.end();
  const rest = new RestOfTurn(source, event);
  rests.set(source, rest);
  inNextTurn(() => {
    rest.end();
    if (rests.get(source) === rest) {
      rests.delete(source);
    }
  });
}

/** Returns the arguments of an event that was recorded since {@link recordRestOfTurn}, and forgets it. */
export function takeFromRestOfTurn(source: Listenable, event: string | symbol): unknown[] | undefined {
  return rests.get(source)?.take(event);
}
