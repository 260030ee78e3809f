/** Refuses new connections of a server that closes. */
import type { EngineServer } from "../connection/port";

/** How engine.io asks whether a new connection may be opened. */
type AllowRequest = (req: unknown, answer: (message: string | null, allowed: boolean) => void) => void;

const refuse: AllowRequest = (_req, answer) => answer("Server shutting down", false);

/** Stands before engines; connections that are open are none of its business. */
export class Intake {
  /** Those whose connections are refused, each with its own `allowRequest`. */
  private readonly refused = new Map<EngineServer, unknown>();

  /** Whether the connections of this engine are refused. */
  isShutFor(engine: EngineServer): boolean {
    return this.refused.has(engine);
  }

  shut(engines: ReadonlySet<EngineServer>): void {
    for (const engine of this.refused.keys()) {
      if (!engines.has(engine)) {
        // the server has another one in its place
        this.refused.delete(engine);
      }
    }
    for (const engine of engines) {
      if (this.refused.has(engine)) {
        continue;
      }
      this.refused.set(engine, engine.opts?.allowRequest);
      if (engine.opts) {
        engine.opts.allowRequest = refuse;
      }
    }
  }

  /** Lets the engines decide again. */
  open(): void {
    for (const [engine, allowRequest] of this.refused) {
      if (engine.opts) {
        engine.opts.allowRequest = allowRequest;
      }
    }
    this.refused.clear();
  }
}
