/** Publishes the requests to adapters, the sessions that are looked up, and drains. */
import { channels } from "./channels";
import type { AdapterMessage, DrainMessage, RecoveryMessage } from "./messages";
import { fail, settle, tracePromise, traceSync } from "./tracing";

type Given<Message> = { [Member in keyof Message]: unknown };

/** The receivers and the flags of a request. */
interface Options {
  readonly rooms: ReadonlySet<string>;
  readonly except?: ReadonlySet<string>;
  readonly flags?: { readonly local?: boolean | undefined };
}

/** The methods of adapters for requests without an answer, and those of applications that call them. */
const REQUESTS = {
  addSockets: "socketsJoin",
  delSockets: "socketsLeave",
  disconnectSockets: "disconnectSockets",
} as const;

/** An adapter with one of these methods. */
type Requested<Method extends keyof typeof REQUESTS, GivenOptions, Argument> = { readonly nsp?: unknown } & {
  [Name in Method]: (options: GivenOptions, argument: Argument) => void;
};

/** Sends a request without an answer. */
export function traceRequest<Method extends keyof typeof REQUESTS, GivenOptions extends Options, Argument>(
  adapter: Requested<Method, GivenOptions, Argument>,
  method: Method,
  options: GivenOptions,
  argument: Argument,
): void {
  const message = adapterMessage(adapter, REQUESTS[method], options);
  traceSync(channels.adapter, message, () => adapter[method](options, argument));
}

export function traceFetchSockets<GivenOptions extends Options, Answer>(
  adapter: { readonly nsp?: unknown; fetchSockets(options: GivenOptions): Promise<Answer> },
  options: GivenOptions,
): Promise<Answer> {
  return traceAnswered(adapterMessage(adapter, "fetchSockets", options), () => adapter.fetchSockets(options));
}

export function traceAllSockets<Rooms extends ReadonlySet<string>, Answer>(
  adapter: { readonly nsp?: unknown; sockets(rooms: Rooms): Promise<Answer> },
  rooms: Rooms,
): Promise<Answer> {
  return traceAnswered(adapterMessage(adapter, "allSockets", { rooms }), () => adapter.sockets(rooms));
}

function traceAnswered<Answer>(message: AdapterMessage, send: () => Promise<Answer>): Promise<Answer> {
  return tracePromise(channels.adapter, message, send, (answer) => {
    message.result = answer;
  });
}

function adapterMessage(
  { nsp }: { readonly nsp?: unknown },
  request: AdapterMessage["request"],
  options?: Options,
): AdapterMessage {
  const about = { nsp: nsp as AdapterMessage["nsp"], request, hasAck: false };
  if (!options) {
    return about;
  }
  const { rooms, except = new Set(), flags } = options;
  return { ...about, rooms, except, local: flags?.local === true };
}

/** Sends an event to the other servers, with the arguments as the subscribers of `start` have left them. */
export function traceServerSideEmit(
  adapter: { readonly nsp?: unknown; serverSideEmit(args: unknown[]): void },
  [event, ...args]: readonly unknown[],
): void {
  const last = args[args.length - 1];
  const ack = typeof last === "function" ? (args.pop() as (...answer: unknown[]) => void) : undefined;
  const message: AdapterMessage = {
    ...adapterMessage(adapter, "serverSideEmit"),
    event: String(event),
    args,
    hasAck: ack !== undefined,
  };
  const answered = (error: unknown, responses: unknown) => {
    message.result = responses;
    error && fail(channels.adapter, message, error);
    settle(channels.adapter, message, () => ack?.(error, responses));
  };
  traceSync(channels.adapter, message, () => {
    adapter.serverSideEmit(ack ? [event, ...args, answered] : [event, ...args]);
    message.isAsync = ack !== undefined;
  });
}

/** Looks up the session that a client asks for. `lookUp` calls its argument if the session cannot be restored. */
export function traceRecovery<Session extends { readonly missedPackets: { readonly length: number } } | null>(
  { conn, nsp }: Given<Pick<RecoveryMessage, "conn" | "nsp">>,
  lookUp: (
    because: (reason: NonNullable<RecoveryMessage["reason"]>, error?: unknown) => void,
  ) => Promise<Session>,
): Promise<Session> {
  const message = { conn, nsp } as RecoveryMessage;
  const because = (reason: NonNullable<RecoveryMessage["reason"]>, error?: unknown) => {
    message.reason ??= reason;
    error !== undefined && fail(channels.recovery, message, error);
  };
  return tracePromise(
    channels.recovery,
    message,
    () => lookUp(because),
    (session) => {
      message.recovered = session !== null;
      message.replayed = session?.missedPackets.length ?? 0;
    },
  );
}

/** Runs a drain. */
export function traceDrain<Report>(
  server: unknown,
  connections: number,
  options: DrainMessage["options"],
  drain: { readonly report: DrainMessage["report"]; run(): Promise<Report> },
): Promise<Report> {
  const message: DrainMessage = {
    server: server as DrainMessage["server"],
    connections,
    options,
    report: drain.report,
  };
  return tracePromise(
    channels.drain,
    message,
    () => drain.run(),
    () => {},
  );
}
