/** Creates the Engine.IO server for an app of µWebSockets.js. */
import type { Line, Lines } from "../../adapter/contract";
import type { Gate } from "../../connection/gated-engine";
import { logs } from "../../diagnostics";
import { codedError, describeValue } from "../../errors";
import { bytes, count } from "../../options/checks";
import type { ServerOptions } from "../../options/server-options";
import type { UwsApp, UwsOptions } from "./app";
import { UwsEngine } from "./engine";
import { type UwsConnection, UwsLine } from "./line";

/** The connections over µWebSockets.js, by client. */
export class UwsLines implements Lines {
  private readonly lines = new WeakMap<object, Line>();

  of(client: object): Line | undefined {
    return this.lines.get(client);
  }

  /** Adds a client, unless its connection belongs to another engine. */
  add(client: object, conn: object): void {
    if ("server" in conn && conn.server instanceof UwsEngine) {
      this.lines.set(client, new UwsLine(conn as unknown as UwsConnection, conn.server));
    }
  }
}

/** Checks of the options that µWebSockets.js does not check itself: it ends the process for invalid values. */
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
  const checked = checkUwsOptions(options);
  const engine = new UwsEngine(app, options, gate);
  engine.open(options.addTrailingSlash === false ? path : `${path}/`, checked);
  return engine;
}
