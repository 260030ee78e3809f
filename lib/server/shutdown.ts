/** Closes a server: its sockets, adapters, engines and HTTP server, at once or in batches. */
import { closeHttpServer, type TServerInstance } from "../attach/http";
import type { EngineServer } from "../connection/port";
import { forEachThenThrow } from "../events/for-each-then-throw";
import type { CheckedCloseOptions, CloseReport } from "../options/close-options";
import { Drain, type DrainedConnection, reportOf } from "./drain";
import { Intake } from "./intake";

interface ClosingSocket {
  readonly client: DrainedConnection;
  _onclose(reason: "server shutting down"): void;
}

interface ClosingNamespace {
  readonly sockets: ReadonlyMap<string, ClosingSocket>;
  readonly _preConnectSockets: ReadonlyMap<string, ClosingSocket>;
  _closeAdapter(): Promise<void>;
}

/** The members of a server that are used to close it. */
export interface ClosableServer {
  readonly _nsps: ReadonlyMap<string, ClosingNamespace>;
  readonly _engines: ReadonlySet<EngineServer>;
  readonly httpServer?: TServerInstance;
  readonly _attachments: { beginClosing(): void; detach(mayReattach: boolean): void };
}

/** The minimum time to wait for the HTTP server to close after a drain, in milliseconds. */
const MIN_CLOSE_WAIT = 1_000;

/** The maximum time to wait for the adapters to close, in milliseconds: a broker may not answer. */
const ADAPTER_TIMEOUT = 30_000;

/** Closes one server, which may be opened and closed repeatedly. */
export class Shutdown {
  private readonly intake = new Intake();
  private draining?: { readonly drain: Drain; readonly report: Promise<CloseReport> };

  private closing?: Promise<Error | undefined>;

  constructor(private readonly server: ClosableServer) {}

  /** Whether new connections of this engine are refused. */
  refuses(engine: EngineServer): boolean {
    return this.intake.isRefusing(engine);
  }

  /**
   * Disconnects all sockets, closes the adapters and the engines, and then the HTTP server. Resolves to the error of
   * the HTTP server, if any.
   */
  async now(): Promise<Error | undefined> {
    const { draining } = this;
    draining?.drain.finish();
    this.server._attachments.beginClosing();
    await this.closeConnections();
    const error = await (draining ? this.closeHttpServerOnce() : closeHttpServer(this.server.httpServer));
    this.detach();
    return error;
  }

  /**
   * Closes the server with options. During a drain, a call with the option `drain` returns the report of that drain, and
   * a call without it ends the drain.
   */
  close(options: CheckedCloseOptions): Promise<CloseReport> {
    if (this.draining && options.drain) {
      return this.draining.report;
    }
    this.draining?.drain.finish();
    this.intake.shut(this.server._engines);
    if (!options.drain) {
      this.server._attachments.beginClosing();
      return this.finish(Promise.resolve(reportOf(this.connections())), options);
    }
    const stopListening = options.closeHttpServer ? () => this.stopListening() : undefined;
    const drain = new Drain(() => this.connections(), options.drain, stopListening);
    const report = this.finish(drain.run(), options, Date.now() + options.drain.timeoutMs);
    this.draining = { drain, report };
    return report;
  }

  private async finish(
    drained: Promise<CloseReport>,
    options: CheckedCloseOptions,
    deadline?: number,
  ): Promise<CloseReport> {
    const report = await drained;
    if (options.drain) {
      this.server._attachments.beginClosing();
    }
    await this.closeConnections();
    if (options.closeHttpServer) {
      await atMost(deadline && Math.max(deadline - Date.now(), MIN_CLOSE_WAIT), this.closeHttpServerOnce());
      this.detach();
    } else {
      this.server._attachments.detach(false);
    }
    this.draining = undefined;
    return report;
  }

  /** Detaches the engines from the closed HTTP server. They are attached again if the HTTP server listens again. */
  private detach(): void {
    this.server._attachments.detach(true);
    if (this.server.httpServer) {
      this.intake.open();
    }
  }

  private async closeConnections(): Promise<void> {
    await this.closeNamespaces();
    this.closeEngines();
  }

  /** Makes the HTTP server refuse new connections; it is closed when its last connection has ended. */
  private stopListening(): void {
    this.closeHttpServerOnce();
  }

  /** Closes the HTTP server, unless it is being closed already: a drain and the call that ends the drain both close it. */
  private closeHttpServerOnce(): Promise<Error | undefined> {
    this.closing ??= closeHttpServer(this.server.httpServer).finally(() => {
      this.closing = undefined;
    });
    return this.closing;
  }

  private closeEngines(): void {
    for (const engine of this.server._engines) {
      engine.close();
    }
  }

  private async closeNamespaces(): Promise<void> {
    await Promise.allSettled(
      [...this.server._nsps.values()].map(async (nsp) => {
        try {
          forEachThenThrow(nsp.sockets.values(), (socket) => socket._onclose("server shutting down"));
        } finally {
          await atMost(ADAPTER_TIMEOUT, nsp._closeAdapter());
        }
      }),
    );
  }

  /** Returns the connections whose clients have joined, or are joining, a namespace. */
  private connections(): DrainedConnection[] {
    const found = new Set<DrainedConnection>();
    for (const { sockets, _preConnectSockets } of this.server._nsps.values()) {
      for (const { client } of [...sockets.values(), ..._preConnectSockets.values()]) {
        found.add(client);
      }
    }
    return [...found];
  }
}

/** Waits for a promise, up to a number of milliseconds. */
async function atMost(milliseconds: number | undefined, promise: Promise<unknown>): Promise<void> {
  if (milliseconds === undefined) {
    await promise;
    return;
  }
  let timer: NodeJS.Timeout | undefined;
  const timeIsUp = new Promise((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([promise, timeIsUp]);
  clearTimeout(timer);
}
