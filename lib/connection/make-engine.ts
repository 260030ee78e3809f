/** Makes the engine of a server: with the fast path where the installed engine.io and ws allow it. */
import process from "node:process";
import type { Server as Engine } from "engine.io";
import { warnOnce } from "../warnings";
import { lightProblem } from "./check";
import { LightEngine } from "./fast/engine";
import { LightWebSocketServer } from "./fast/web-socket-server";
import type { Gate } from "./gate";
import { GatedEngine } from "./gated-engine";
import { pollingClasses } from "./polling-classes";
import { untestedVersion } from "./versions";

let known: { readonly problem: string | undefined } | undefined;

/** Why WebSocket connections are not served by the fast path; undefined if they are. Found out at the first call. */
export function fastPathProblem(): string | undefined {
  known ??= { problem: findProblem() };
  return known.problem;
}

function findProblem(): string | undefined {
  if (process.env.SOCKET_IO_FAST_PATH === "off") {
    return "it is switched off";
  }
  if (process.versions.bun) {
    return "Bun has a ws of its own";
  }
  const untested = untestedVersion();
  const problem = untested
    ? `${untested} is not a tested version`
    : (pollingClasses().problem ?? lightProblem());
  if (problem) {
    warnOnce("SOCKET_IO_FAST_PATH_OFF", problem);
  }
  return problem;
}

/** An engine with these options; it asks the gate about each handshake and upgrade. */
export function makeEngine(options: object, gate?: Gate): Engine {
  const Gated = fastPathProblem() ? GatedEngine : LightEngine;
  return new Gated(options, gate) as unknown as Engine;
}

/** Whether the WebSocket connections of this engine are served by the fast path. */
export function isLight(engine: unknown): boolean {
  return engine instanceof LightEngine && engine.opts.wsEngine === LightWebSocketServer;
}
