/** From an app of µWebSockets.js to an engine. */
import type { AttachOptions, ServerOptions as EngineOptions } from "engine.io";
import type { Line, Lines } from "../../adapter/contract";
import { logs } from "../../diagnostics";
import type { Gate } from "../../engine/gate";
import type { UwsApp, UwsOptions } from "./contract";
import { UwsEngine } from "./engine";
import { type UwsConnection, UwsLine } from "./line";

/** The connections over apps, by their clients. */
export class UwsLines implements Lines {
  private readonly lines = new WeakMap<object, Line>();

  of(client: object): Line | undefined {
    return this.lines.get(client);
  }

  /** A client has come; connections of other engines are passed over. */
  add(client: object, conn: object): void {
    if ("server" in conn && conn.server instanceof UwsEngine) {
      this.lines.set(client, new UwsLine(conn as unknown as UwsConnection, conn.server));
    }
  }
}

/** Lets a new engine answer the requests under its path. */
export function attachUwsEngine(
  app: UwsApp,
  options: EngineOptions & AttachOptions & UwsOptions,
  path: string,
  gate?: Gate,
): UwsEngine {
  logs.server.enabled && logs.server("creating engine.io instance with opts %j", options);
  const engine = new UwsEngine(app, options, gate);
  engine.open(options.addTrailingSlash === false ? path : `${path}/`, options);
  return engine;
}
