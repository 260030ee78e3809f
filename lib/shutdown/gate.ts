/** Refuses new connections of a server that closes. */
import type { EngineServer } from "../engine/contract";

/** How engine.io asks whether a new connection may be opened. */
type AllowRequest = (req: unknown, answer: (message: string | null, allowed: boolean) => void) => void;

const refuse: AllowRequest = (_req, answer) => answer("Server shutting down", false);

/** Stands before one engine at a time; connections that are open are none of its business. */
export class Gate {
  private engine?: EngineServer;
  private allowRequest?: unknown;

  /** Whether the connections of this engine are refused. */
  isShutFor(engine: EngineServer): boolean {
    return this.engine === engine;
  }

  shut(engine: EngineServer | undefined): void {
    if (!engine || this.engine === engine) {
      return;
    }
    this.open();
    this.engine = engine;
    if (engine.opts) {
      this.allowRequest = engine.opts.allowRequest;
      engine.opts.allowRequest = refuse;
    }
  }

  /** Lets the engine decide again. */
  open(): void {
    if (this.engine?.opts) {
      this.engine.opts.allowRequest = this.allowRequest;
    }
    this.engine = undefined;
    this.allowRequest = undefined;
  }
}
