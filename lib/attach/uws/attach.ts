/** Creates the Engine.IO server for an app of µWebSockets.js, after a check of the options that concern the app only. */
import type { Subscriber, Subscribers } from "../../adapter/contract";
import type { Gate } from "../../connection/gated-engine";
import { logs } from "../../diagnostics";
import { codedError, describeValue } from "../../errors";
import { bytes, count } from "../../options/checks";
import type { ServerOptions } from "../../options/server-options";
import type { UwsApp, UwsOptions } from "./app";
import { UwsEngine } from "./engine";
import { type UwsConnection, UwsSubscriber } from "./subscriber";

/** The connections over µWebSockets.js, by client. */
export class UwsSubscribers implements Subscribers {
  private readonly subscribers = new WeakMap<object, Subscriber>();

  of(client: object): Subscriber | undefined {
    return this.subscribers.get(client);
  }

  /** Adds a client, unless its connection belongs to another engine. */
  add(client: object, conn: object): void {
    if ("server" in conn && conn.server instanceof UwsEngine) {
      this.subscribers.set(client, new UwsSubscriber(conn as unknown as UwsConnection, conn.server));
    }
  }
}

/** The checks of the options of µWebSockets.js, which ends the process if one of them is invalid. */
const checks = { compression: count, idleTimeout, maxBackpressure: bytes } as const;

function idleTimeout(name: string, value: unknown): number {
  const seconds = count(name, value);
  if (seconds !== 0 && !(seconds >= 8 && seconds <= 960)) {
    throw codedError("INVALID_OPTION", name, "0, or a number of seconds from 8 to 960", describeValue(value));
  }
  return seconds;
}

function checkUwsOptions(options: UwsOptions): UwsOptions {
  const given = Object.entries(checks).filter(([name]) => options[name as keyof UwsOptions] != null);
  return Object.fromEntries(
    given.map(([name, check]) => [name, check(name, options[name as keyof UwsOptions])]),
  );
}

/** Creates an engine that handles the requests below a path of the app. */
export function attachUwsEngine(
  app: UwsApp,
  options: Partial<ServerOptions> & UwsOptions,
  path: string,
  gate?: Gate,
): UwsEngine {
  logs.server.enabled && logs.server("creating engine.io instance with opts %j", options);
  if (options.transports?.includes("sse")) {
    const expected = 'a list without "sse" for an app of µWebSockets.js';
    throw codedError("INVALID_OPTION", "transports", expected, JSON.stringify(options.transports));
  }
  const checked = checkUwsOptions(options);
  const engine = new UwsEngine(app, options, gate);
  engine.open(options.addTrailingSlash === false ? path : `${path}/`, checked);
  return engine;
}
