/** The options and the report of `io.close()`: their types, defaults and checks. */
import { codedError, describeValue } from "../errors";
import { type Check, members, milliseconds, numberIn, ofType } from "./checks";

/**
 * The members of the option `drain` of `io.close()`.
 *
 * @since 4.9.0
 * @see node_modules/socket.io/docs/shutdown.md
 */
export interface DrainOptions {
  /**
   * The maximum number of connections that are closed in one batch.
   * @default 100
   */
  batchSize?: number;
  /**
   * The time between two batches, in milliseconds.
   * @default 100
   */
  intervalMs?: number;
  /**
   * How long the drain may take, in milliseconds. All remaining connections are then closed.
   * @default 10000
   */
  timeoutMs?: number;
}

/**
 * The options of `io.close()`.
 *
 * @since 4.9.0
 */
export interface CloseOptions {
  /**
   * Whether the HTTP server is closed too. With `false` it continues to run, and the application also receives the
   * requests for the path of the Socket.IO server.
   * @default true
   */
  closeHttpServer?: boolean;
  /**
   * Whether connections are closed in batches; `true` stands for the defaults of {@link DrainOptions}. A connection is
   * closed when its buffered packets are sent and its pending acknowledgements have arrived.
   *
   * If the HTTP server is closed too, long-polling connections are closed first. The HTTP server then stops listening,
   * and the other connections are closed.
   * @default false
   */
  drain?: boolean | DrainOptions;
}

/**
 * The report of `io.close()`.
 *
 * @since 4.9.0
 */
export interface CloseReport {
  /** The number of closed connections that had a socket in at least one namespace. */
  disconnected: number;
  /** The number of these that still had buffered packets or pending acknowledgements. */
  cut: number;
  /** The number of acknowledgements that were still pending. */
  pendingAcks: number;
  /**
   * The number of TCP streams and responses of clients that were destroyed before the report was made, since the clients did
   * not read them or end them within `limits.closeTimeoutMs`, or the requests were not decided.
   */
  destroyed: number;
  /** The names of the namespaces whose adapters did not close within 30 seconds. */
  adapters: string[];
}

/** The checked options, with defaults. */
export interface CheckedCloseOptions {
  readonly closeHttpServer: boolean;
  readonly drain?: Readonly<Required<DrainOptions>>;
}

const DRAIN_DEFAULTS: Required<DrainOptions> = { batchSize: 100, intervalMs: 100, timeoutMs: 10_000 };

const atLeastOne: Check = (name, value) => {
  const number = numberIn(value);
  if (!Number.isInteger(number) || (number as number) < 1) {
    throw codedError("INVALID_OPTION", name, "a whole number of at least 1", describeValue(value));
  }
  return number;
};

const drainMembers = members(
  { batchSize: atLeastOne, intervalMs: milliseconds, timeoutMs: milliseconds },
  "{ timeoutMs: 10000 }",
);

const drainOptions: Check = (name, value) => {
  const given = typeof value === "boolean" ? value && {} : drainMembers(name, value);
  return given && { ...DRAIN_DEFAULTS, ...(given as DrainOptions) };
};

const closeMembers = members(
  { closeHttpServer: ofType("boolean", "true or false"), drain: drainOptions },
  "{ drain: true }",
);

/** Checks the options of `close()`. */
export function checkCloseOptions(options: CloseOptions): CheckedCloseOptions {
  const { closeHttpServer = true, drain } = closeMembers("close", options) as {
    closeHttpServer?: boolean;
    drain?: false | Required<DrainOptions>;
  };
  return drain ? { closeHttpServer, drain } : { closeHttpServer };
}
