/** How a server is to be closed: types, defaults and checks. */
import { codedError, describeValue } from "../errors";
import { type Check, members, milliseconds, ofType } from "./checks";

/** How clients leave a server that closes; see node_modules/socket.io/docs/shutdown.md. */
export interface DrainOptions {
  /**
   * How many connections are closed at a time.
   * @default 100
   */
  batchSize?: number;
  /**
   * How long after a batch the next one follows, in milliseconds.
   * @default 100
   */
  intervalMs?: number;
  /**
   * How long all of it may take, in milliseconds; what is not done then is cut.
   * @default 10000
   */
  timeoutMs?: number;
}

/** How a server is closed. */
export interface CloseOptions {
  /**
   * Whether the HTTP server is closed as well; `false` leaves it to the application, with the requests for the path.
   * @default true
   */
  closeHttpServer?: boolean;
  /**
   * Whether clients leave in batches, once what was sent has reached them and what they were asked is answered. If the HTTP
   * server is closed too, those over long-polling leave first, and it stops listening before the others leave.
   * @default false
   */
  drain?: boolean | DrainOptions;
}

/** What became of the connections, where one of them had at least one socket. */
export interface CloseReport {
  /** How many connections were closed. */
  disconnected: number;
  /** How many of them were closed although something waited to be sent or answered. */
  cut: number;
  /** How many acknowledgements will not come. */
  pendingAcks: number;
}

/** The options as they count. */
export interface CheckedCloseOptions {
  readonly closeHttpServer: boolean;
  readonly drain?: Readonly<Required<DrainOptions>>;
}

const DRAIN_DEFAULTS: Required<DrainOptions> = { batchSize: 100, intervalMs: 100, timeoutMs: 10_000 };

const atLeastOne: Check = (name, value) => {
  if (!Number.isInteger(value) || (value as number) < 1) {
    throw codedError("INVALID_OPTION", name, "a whole number of at least 1", describeValue(value));
  }
  return value;
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

/** Checks what was given to `close()`. */
export function checkCloseOptions(options: CloseOptions): CheckedCloseOptions {
  const { closeHttpServer = true, drain } = closeMembers("close", options) as {
    closeHttpServer?: boolean;
    drain?: false | Required<DrainOptions>;
  };
  return drain ? { closeHttpServer, drain } : { closeHttpServer };
}
