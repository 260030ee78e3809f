/** Closes a server: its sockets, adapters, engines and HTTP server, at once or in batches. */
import { closeHttpServer, endKeepAlive, type TServerInstance } from "../attach/http";
import type { EngineServer } from "../connection/port";
import type { CloseDeadline } from "../connection/remains";
import { reportGuard } from "../diagnostics";
import { channels } from "../diagnostics/channels";
import { observed } from "../diagnostics/observe";
import { forEachThenThrow } from "../events/for-each-then-throw";
import type { CheckedCloseOptions, CloseReport } from "../options/close-options";
import { Drain, type DrainedConnection, type DrainReport, reportOf } from "./drain";
import { Intake } from "./intake";

interface ClosingSocket {
  readonly client: DrainedConnection;
  _onclose(reason: "server shutting down"): void;
}

interface ClosingNamespace {
  readonly name: string;
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
  readonly _closeDeadline: CloseDeadline;
}

/** What was not closed by its peer in time. */
type CutReport = Pick<CloseReport, "destroyed" | "adapters">;

/** The minimum time to wait for the HTTP server to close after a drain, in milliseconds. */
const MIN_CLOSE_WAIT = 1_000;

/** The maximum time to wait for the adapters to close, in milliseconds: a broker may not answer. */
const ADAPTER_TIMEOUT = 30_000;

/** Closes one server, which may be opened and closed repeatedly. */
export class Shutdown {
  private readonly intake = new Intake();
  private draining?: { readonly drain: Drain; readonly report: Promise<CloseReport> };

  private closing?: Promise<Error | undefined>;
  /** The number of calls that are closing the server. */
  private calls = 0;
  /** The number of destroyed streams and responses that were reported, or destroyed before the server was closed. */
  private reported = 0;
  private hungAdapters: string[] = [];

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
    this.begin();
    try {
      this.server._attachments.beginClosing();
      await this.closeNamespaces();
      const error = await this.closeServers(() =>
        draining ? this.closeHttpServerOnce() : this.closeHttpServer(),
      );
      this.detach();
      return error;
    } finally {
      this.end();
    }
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
    this.begin();
    this.intake.shut(this.server._engines);
    if (!options.drain) {
      this.server._attachments.beginClosing();
      return this.finish(Promise.resolve(reportOf(this.connections())), options);
    }
    // makes the HTTP server refuse new connections; it is closed when its last connection has ended
    const stopListening = options.closeHttpServer ? () => void this.closeHttpServerOnce() : undefined;
    const drain = new Drain(() => this.connections(), options.drain, stopListening);
    const drained = channels.drain.isActive
      ? observed().traceDrain(this.server, this.connections().length, options.drain, drain)
      : drain.run();
    const report = this.finish(drained, options, Date.now() + options.drain.timeoutMs);
    this.draining = { drain, report };
    return report;
  }

  private begin(): void {
    if (this.calls++ === 0) {
      this.reported = this.server._closeDeadline.destroyed;
    }
  }

  /** Returns and reports what had to be cut since the server is being closed. */
  private end(): CutReport {
    this.calls--;
    if (this.calls === 0) {
      this.server._closeDeadline.isClosing = false;
    }
    const { destroyed } = this.server._closeDeadline;
    const cut = { destroyed: destroyed - this.reported, adapters: this.hungAdapters };
    this.reported = destroyed;
    this.hungAdapters = [];
    if (cut.destroyed > 0 || cut.adapters.length > 0) {
      reportGuard({ code: "CLOSE_TIMEOUT", detail: cut });
    }
    return cut;
  }

  private async finish(
    drained: Promise<DrainReport>,
    options: CheckedCloseOptions,
    deadline?: number,
  ): Promise<CloseReport> {
    let cut: CutReport = { destroyed: 0, adapters: [] };
    const report = await drained;
    try {
      await this.closeDrained(options, deadline);
    } finally {
      // also if an engine of the application has thrown
      this.draining = undefined;
      cut = this.end();
    }
    return { ...report, ...cut };
  }

  private async closeDrained(options: CheckedCloseOptions, deadline: number | undefined): Promise<void> {
    if (options.drain) {
      this.server._attachments.beginClosing();
    }
    await this.closeNamespaces();
    if (options.closeHttpServer) {
      const isClosed = await isInTime(
        deadline && Math.max(deadline - Date.now(), MIN_CLOSE_WAIT),
        this.closeServers(() => this.closeHttpServerOnce()),
      );
      if (!isClosed) {
        this.server._closeDeadline.expire();
      }
      this.detach();
    } else {
      this.closeEngines();
      this.server._attachments.detach(false);
    }
  }

  /** Detaches the engines from the closed HTTP server. They are attached again if the HTTP server listens again. */
  private detach(): void {
    this.server._attachments.detach(true);
    if (this.server.httpServer) {
      this.intake.open();
    }
  }

  /** Closes the engines, and then the HTTP server, whose connections end with their next response. */
  private closeServers(closeHttp: () => Promise<Error | undefined>): Promise<Error | undefined> {
    const restoreKeepAlive = endKeepAlive(this.server.httpServer);
    this.closeEngines();
    return closeHttp().finally(restoreKeepAlive);
  }

  /** Closes the HTTP server, unless it is being closed already: a drain and the call that ends the drain both close it. */
  private closeHttpServerOnce(): Promise<Error | undefined> {
    this.closing ??= this.closeHttpServer().finally(() => {
      this.closing = undefined;
    });
    return this.closing;
  }

  private closeHttpServer(): Promise<Error | undefined> {
    return closeHttpServer(this.server.httpServer, this.server._closeDeadline);
  }

  private closeEngines(): void {
    this.server._closeDeadline.isClosing = true;
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
          if (!(await isInTime(ADAPTER_TIMEOUT, nsp._closeAdapter()))) {
            this.hungAdapters.push(nsp.name);
          }
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

/** Waits for a promise, up to a number of milliseconds. Resolves to whether the promise was resolved by then. */
async function isInTime(milliseconds: number | undefined, promise: Promise<unknown>): Promise<boolean> {
  if (milliseconds === undefined) {
    await promise;
    return true;
  }
  let timer: NodeJS.Timeout | undefined;
  const timeIsUp = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, milliseconds, false);
  });
  try {
    return await Promise.race([promise.then(() => true), timeIsUp]);
  } finally {
    clearTimeout(timer);
  }
}
