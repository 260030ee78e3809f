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
import {
  type Listenable,
  ReceivedMeanwhile,
  recordRestOfTurn,
  removeListener,
  takeFromRestOfTurn,
} from "./event-record";
import { quietTurns, turn } from "./network";

// taken when the module is loaded: a test may replace the timers, and the time limit is one of real time
const { setTimeout, clearTimeout } = timers;

/**
 * The options of {@link waitFor}.
 *
 * @since 4.9.0
 */
export interface WaitOptions {
  /** The time limit in milliseconds of real time, also while a clock is installed. Default: 1000. */
  timeout?: number;
  /** A signal that ends the waiting: the promise is rejected with its reason. */
  signal?: AbortSignal;
}

/**
 * Anything with the methods of an event emitter, such as a socket, a server or a client.
 *
 * @since 4.9.0
 */
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

/**
 * Waits for the next event. Resolves with its arguments.
 *
 * Start waiting before the event may be sent, as in the example: an event that has been emitted before is not found. There
 * is one exception, for packets that arrive in one chunk. After `await connect()`, or after an event of the same client,
 * events that have arrived together with it are found: `await waitFor(client, "welcome")`.
 *
 * @since 4.9.0
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
 * Waits until a function returns, or resolves to, a value that is not falsy. Resolves with that value. The function is
 * called in each turn of the event loop at first, then every millisecond. An error that it throws counts as a falsy value.
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

async function waitForEvent(
  source: Listenable,
  event: string | symbol,
  { timeout, signal }: WaitOptions,
): Promise<unknown[]> {
  const limit = milliseconds("timeout", timeout ?? DEFAULT_TIMEOUT);
  const taken = signal?.aborted ? undefined : takeFromRestOfTurn(source, event);
  if (taken) {
    return taken;
  }
  const record = new ReceivedMeanwhile(source, event);
  let timer: NodeJS.Timeout | undefined;
  let onEvent: Listener = () => {};
  let onAbort = () => {};
  try {
    return await new Promise((resolve, reject) => {
      onEvent = (...args) => {
        removeListener(source, event, onEvent);
        recordRestOfTurn(source, event);
        resolve(args);
      };
      onAbort = () => reject(signal?.reason);
      source.on(event, onEvent);
      if (signal?.aborted) {
        onAbort();
      }
      signal?.addEventListener("abort", onAbort);
      timer = setTimeout(async () => {
        // what was sent in time may have been delayed by a busy process
        await quietTurns();
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
