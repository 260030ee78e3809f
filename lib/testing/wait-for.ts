/** Waits for events and conditions, and explains in its error what has happened instead. */
import timers from "node:timers";
import { inspect } from "node:util";
import type { Socket as ClientSocket, SocketReservedEvents } from "socket.io-client";
import { codedError } from "../errors";
import type {
  Namespace,
  NamespaceReservedEventsMap,
  Server,
  ServerReservedEventsMap,
  Socket,
} from "../index";
import { milliseconds } from "../options/checks";
import type { SocketReservedEventsMap } from "../socket/types";
import { escaped, quoted } from "../texts";
import type { EventNames, Listener, Untyped } from "../typed-events";
import { turn } from "./network";

// taken when the module is loaded: a test may replace the timers, and the time limit is one of real time
const { setTimeout, clearTimeout } = timers;

/** The options of {@link waitFor}. */
export interface WaitOptions {
  /** The time limit in milliseconds of real time, also while a clock is installed. Default: 1000. */
  timeout?: number;
  /** A signal that ends the waiting: the promise is rejected with its reason. */
  signal?: AbortSignal;
}

/** Anything with the methods of an event emitter, such as a socket, a server or a client. */
export interface EventSource {
  /** Adds a listener of an event. */
  on(event: Untyped, listener: Untyped): unknown;
}

/** The events that an object emits, by their names. */
export type EventsOf<Source> =
  Source extends ClientSocket<infer ListenEvents, infer _Emit>
    ? Merged<SocketReservedEvents, ListenEvents>
    : Source extends Socket<infer ListenEvents, infer _Emit, infer _ServerSide, infer _Data>
      ? Merged<SocketReservedEventsMap, ListenEvents>
      : Source extends Namespace<infer Listen, infer Emit, infer ServerSide, infer Data>
        ? Merged<NamespaceReservedEventsMap<Listen, Emit, ServerSide, Data>, ServerSide>
        : Source extends Server<infer Listen, infer Emit, infer ServerSide, infer Data>
          ? Merged<ServerReservedEventsMap<Listen, Emit, ServerSide, Data>, ServerSide>
          : Untyped;

type Merged<Reserved, Declared> = Reserved & Omit<Declared, keyof Reserved>;

/** The names of the events that an object emits. */
export type EventNamesOf<Source> = EventNames<EventsOf<Source>>;

/** The arguments of an event. */
export type ArgumentsOf<Source, Name extends EventNamesOf<Source>> = EventsOf<Source>[Name] extends (
  ...args: infer Args
) => unknown
  ? Args
  : Untyped[];

const DEFAULT_TIMEOUT = 1_000;

/** The number of turns in which a condition is checked before the checks pause for a millisecond each. */
const EAGER_TURNS = 100;

/** The events of sockets that `onAny()` does not report. */
const UNREPORTED = ["connect", "connect_error", "disconnect"];

/** The largest number of events in a message, and of characters for the arguments of one event. */
const MAX_EVENTS = 10;
const MAX_ARGUMENTS = 60;

/**
 * Waits for the next event. Resolves with its arguments.
 *
 * Start waiting before the event may be sent, as in the example: an event that has been emitted before is not found.
 *
 * @throws a `WAIT_TIMEOUT` error if the event is not emitted in time. Its message lists the events that a socket has
 * received instead.
 * @throws the reason of the signal
 * @example
 * const received = waitFor(client, "greeting");
 * socket.emit("greeting", "Hello, Ada!");
 * const [text] = await received;
 */
export function waitFor<Source extends EventSource, Name extends EventNamesOf<Source>>(
  source: Source,
  event: Name,
  options?: WaitOptions,
): Promise<ArgumentsOf<Source, Name>>;
/**
 * Waits until a function returns, or resolves to, a value that is not falsy. Resolves with that value. The function is called in each
 * turn of the event loop at first, then every millisecond. An error that it throws counts as a falsy value.
 *
 * @throws a `WAIT_TIMEOUT` error if that does not happen in time. Its property `cause` is the last error of the function.
 * @throws the reason of the signal
 * @example
 * await waitFor(() => io.sockets.adapter.rooms.has("lobby"));
 */
export function waitFor<Value>(
  condition: () => Value | Promise<Value>,
  options?: WaitOptions,
): Promise<Exclude<Value, false | 0 | "" | null | undefined>>;
export function waitFor(
  source: EventSource | (() => unknown),
  second?: string | symbol | WaitOptions,
  third?: WaitOptions,
): Promise<unknown> {
  return typeof source === "function" && (second === undefined || typeof second === "object")
    ? waitForCondition(source, second ?? {})
    : waitForEvent(source as Listenable, second as string | symbol, third ?? {});
}

interface Listenable {
  on(event: string | symbol, listener: Listener): unknown;
  off?(event: string | symbol, listener: Listener): unknown;
  removeListener?(event: string | symbol, listener: Listener): unknown;
  onAny?(listener: Listener): unknown;
  offAny?(listener: Listener): unknown;
}

async function waitForEvent(
  source: Listenable,
  event: string | symbol,
  { timeout, signal }: WaitOptions,
): Promise<unknown[]> {
  const limit = milliseconds("timeout", timeout ?? DEFAULT_TIMEOUT);
  const record = new EventRecord(source, event);
  let timer: NodeJS.Timeout | undefined;
  let onEvent: Listener = () => {};
  let onAbort = () => {};
  try {
    return await new Promise((resolve, reject) => {
      onEvent = (...args) => resolve(args);
      onAbort = () => reject(signal?.reason);
      source.on(event, onEvent);
      if (signal?.aborted) {
        onAbort();
      }
      signal?.addEventListener("abort", onAbort);
      timer = setTimeout(() => {
        reject(
          codedError("WAIT_TIMEOUT", `The event ${quoted(event)} was not emitted`, limit, record.describe()),
        );
      }, limit);
    });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
    removeListener(source, event, onEvent);
    record.end();
  }
}

function removeListener(source: Listenable, event: string | symbol, listener: Listener): void {
  if (source.off) {
    source.off(event, listener);
  } else {
    source.removeListener?.(event, listener);
  }
}

/** The events that a socket receives while another event is awaited. */
class EventRecord {
  private readonly texts: string[] = [];
  private readonly listeners: [event: string, listener: Listener][] = [];
  private readonly onAny: Listener = (event, ...args) => this.add(event, args);

  constructor(
    private readonly source: Listenable,
    awaited: string | symbol,
  ) {
    if (!source.onAny) {
      return;
    }
    source.onAny(this.onAny);
    for (const event of UNREPORTED) {
      if (event !== awaited) {
        const listener: Listener = (...args) => this.add(event, args);
        this.listeners.push([event, listener]);
        source.on(event, listener);
      }
    }
  }

  private add(event: unknown, args: unknown[]): void {
    const shown = args
      .filter((arg) => typeof arg !== "function")
      .map((arg) =>
        arg instanceof Error
          ? arg.message
          : inspect(arg, { depth: 2, breakLength: Number.POSITIVE_INFINITY }),
      );
    this.texts.push(`${quoted(event)} (${escaped(shown.join(", "), MAX_ARGUMENTS)})`);
  }

  /** Returns a sentence about the events, or an empty text if the source does not report them. */
  describe(): string {
    if (!this.source.onAny) {
      return "";
    }
    const { texts } = this;
    const last = texts.slice(-MAX_EVENTS);
    const more = texts.length > last.length ? ` (the last ${last.length} of ${texts.length})` : "";
    return texts.length === 0
      ? "; no other event was received meanwhile"
      : `; received meanwhile: ${last.join(", ")}${more}`;
  }

  end(): void {
    this.source.offAny?.(this.onAny);
    for (const [event, listener] of this.listeners) {
      removeListener(this.source, event, listener);
    }
  }
}

async function waitForCondition(
  condition: () => unknown,
  { timeout, signal }: WaitOptions,
): Promise<unknown> {
  const limit = milliseconds("timeout", timeout ?? DEFAULT_TIMEOUT);
  let timer: NodeJS.Timeout | undefined;
  const end = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, limit, undefined);
  });
  let last: Outcome = {};
  try {
    for (let checks = 0; ; checks++) {
      signal?.throwIfAborted();
      // a promise of the condition may never be settled
      const outcome = await Promise.race([outcomeOf(condition), end]);
      if (outcome?.value) {
        return outcome.value;
      }
      last = outcome ?? last;
      if (!outcome || (await Promise.race([checks < EAGER_TURNS ? turn() : pause(), end.then(isTrue)]))) {
        throw conditionFailed(last, limit);
      }
    }
  } finally {
    clearTimeout(timer);
  }
}

/** The value of a condition, or what it has thrown. */
interface Outcome {
  value?: unknown;
  error?: { readonly reason: unknown };
}

function conditionFailed({ value, error }: Outcome, limit: number): Error {
  const last = error ? `its last error: ${escaped(error.reason)}` : `its last value: ${inspect(value)}`;
  const failure = codedError("WAIT_TIMEOUT", "The condition did not hold", limit, `; ${last}`);
  return error ? Object.assign(failure, { cause: error.reason }) : failure;
}

const isTrue = () => true;

async function outcomeOf(condition: () => unknown): Promise<Outcome> {
  try {
    return { value: await condition() };
  } catch (reason) {
    return { error: { reason } };
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}
