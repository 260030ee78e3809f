/** Refuses new connections while a server closes. */
import type { EngineServer } from "../connection/port";

/** The option `allowRequest`, which engine.io calls for each new connection. */
type AllowRequest = (req: unknown, answer: (message: string | null, allowed: boolean) => void) => void;

const refuse: AllowRequest = (_req, answer) => answer("Server shutting down", false);

/** Makes engines refuse new connections. Open connections are not affected. */
export class Intake {
  /** The engines that refuse connections, each with its original `allowRequest`. */
  private readonly refused = new Map<EngineServer, unknown>();

  /** Whether this engine refuses new connections. */
  isRefusing(engine: EngineServer): boolean {
    return this.refused.has(engine);
  }

  shut(engines: ReadonlySet<EngineServer>): void {
    for (const engine of this.refused.keys()) {
      if (!engines.has(engine)) {
        // another engine of the server has replaced this one
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

  /** Restores the original `allowRequest` of the engines. */
  open(): void {
    for (const [engine, allowRequest] of this.refused) {
      if (engine.opts) {
        engine.opts.allowRequest = allowRequest;
      }
    }
    this.refused.clear();
  }
}
