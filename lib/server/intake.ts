/** Refuses new connections while a server closes. */
import type { EngineServer } from "../connection/port";

/** The option `allowRequest`, which engine.io calls for each new connection. */
type AllowRequest = (req: unknown, answer: (message: string | null, allowed: boolean) => void) => void;

const refuse: AllowRequest = (_req, answer) => answer("Server shutting down", false);

/** Makes engines refuse new connections. Open connections are not affected. */
export class Intake {
  /** The engines that refuse connections, each with its original `allowRequest`. */
  private readonly originals = new Map<EngineServer, unknown>();

  /** Whether this engine refuses new connections. */
  isRefusing(engine: EngineServer): boolean {
    return this.originals.has(engine);
  }

  /** Makes these engines refuse new connections, until {@link open} is called. */
  shut(engines: ReadonlySet<EngineServer>): void {
    for (const engine of this.originals.keys()) {
      if (!engines.has(engine)) {
        // the server has replaced this engine by another one
        this.originals.delete(engine);
      }
    }
    for (const engine of engines) {
      if (this.originals.has(engine)) {
        continue;
      }
      this.originals.set(engine, engine.opts?.allowRequest);
      if (engine.opts) {
        engine.opts.allowRequest = refuse;
      }
    }
  }

  /** Restores the original `allowRequest` of the engines. */
  open(): void {
    for (const [engine, allowRequest] of this.originals) {
      if (engine.opts) {
        engine.opts.allowRequest = allowRequest;
      }
    }
    this.originals.clear();
  }
}
