/** Creates the Engine.IO server, with the fast path if it works with the installed engine.io and ws. */
import type { Server as Engine } from "engine.io";
import { logs } from "../diagnostics";
import { fastPathProblem } from "./fast/check";
import { FastEngine } from "./fast/engine";
import { FastWebSocketServer } from "./fast/web-socket-server";
import { type Gate, GatedEngine } from "./gated-engine";
import type { CloseDeadline } from "./remains";

/** Creates an engine with these options, which asks the gate about each handshake and upgrade. */
export function makeEngine(options: object, gate?: Gate, closeDeadline?: CloseDeadline): Engine {
  const problem = fastPathProblem();
  if (problem) {
    logs.server.enabled && logs.server("no fast path: %s", problem);
  }
  const Gated = problem ? GatedEngine : FastEngine;
  return new Gated(options, gate, closeDeadline) as unknown as Engine;
}

/** Whether the fast path serves the WebSocket connections of this engine. */
export function isFast(engine: unknown): boolean {
  return engine instanceof FastEngine && engine.opts.wsEngine === FastWebSocketServer;
}
