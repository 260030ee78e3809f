/** Distributes the requests and upgrades of one HTTP server over the engines that are attached to it. */
import { EventEmitter } from "node:events";
import type { Server as HttpServer, IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { AttachOptions, Server as Engine } from "engine.io";
import type { Listener } from "../typed-events";
import { LateListeners } from "./late-listeners";

/** Answers a request, or returns false if another listener has to. */
export type RequestHandler = (req: IncomingMessage, res: ServerResponse) => boolean;

/** An engine below one path of an HTTP server. */
export class Mount {
  /** The engine is attached to this emitter, which emits its share of the events of the HTTP server. */
  readonly events = new EventEmitter();
  /** Whether the server was closed, and is back since its HTTP server listens again. */
  hasReturned = false;

  constructor(
    readonly owner: object,
    readonly prefix: string,
    readonly engine: Engine,
    options: AttachOptions,
    readonly clientFiles?: RequestHandler,
  ) {
    engine.attach(this.events as HttpServer, options);
  }
}

/** A request listener of an HTTP server, which is first in the list, unless other code has taken its place. */
interface Entrance {
  readonly late: LateListeners;
  /** The request listeners that the application had registered before. */
  readonly earlier: readonly RequestListener[];
}

/** The engines of one HTTP server; the one with the longest prefix gets the request. */
export class MountPoints {
  /** Those that are attached, by descending length of their prefixes. */
  private mounts: Mount[] = [];
  /** Those that return when the HTTP server listens again. */
  private absent: Mount[] = [];
  private entrance?: Entrance;

  constructor(private readonly httpServer: HttpServer) {}

  /** The engine with exactly this prefix. */
  at(prefix: string): Mount | undefined {
    return this.mounts.find((mount) => mount.prefix === prefix);
  }

  add(mount: Mount): void {
    const others = (mounts: readonly Mount[]) => mounts.filter(({ prefix }) => prefix !== mount.prefix);
    this.absent = others(this.absent);
    this.mounts = [...others(this.mounts), mount].sort((a, b) => b.prefix.length - a.prefix.length);
    this.restore();
  }

  /** Registers the listeners again that were removed from the HTTP server, as by removeAllListeners("upgrade"). */
  restore(): void {
    if (!this.entrance?.late.isWatching) {
      this.open();
    }
    this.listen();
  }

  /** Leaves the path to the application; with `mayReturn`, until the HTTP server listens again. */
  remove(mount: Mount, mayReturn: boolean): void {
    this.mounts = this.mounts.filter((other) => other !== mount);
    this.absent = this.absent.filter((other) => other !== mount);
    if (mayReturn) {
      this.absent = [...this.absent.filter(({ prefix }) => prefix !== mount.prefix), mount];
    }
    this.listen();
  }

  /** Registers the listeners that are needed, and removes those that are not. */
  private listen(): void {
    const { mounts, absent } = this;
    this.toggle(
      "upgrade",
      this.onUpgrade,
      mounts.some(({ events }) => events.listenerCount("upgrade") > 0),
    );
    this.toggle("close", this.onClose, mounts.length > 0);
    this.toggle("listening", this.onListening, mounts.length + absent.length > 0);
    if (mounts.length === 0) {
      // if other code calls the request listeners now, it reaches those of the application through this one
      this.entrance?.late.unwatch(this.entrance.earlier);
      this.entrance = undefined;
    }
  }

  /** Registers the request listener; the present ones are called by it. */
  private open(): void {
    const { httpServer } = this;
    this.entrance?.late.unwatch([]);
    const earlier = httpServer.rawListeners("request") as RequestListener[];
    const late = new LateListeners(httpServer, (req, res) => {
      if (this.handle(req, res)) {
        late.take(req);
        return;
      }
      for (const listener of earlier) {
        listener.call(httpServer, req, res);
      }
    });
    httpServer.removeAllListeners("request");
    late.watch();
    this.entrance = { late, earlier };
  }

  private toggle(event: string, listener: Listener, isNeeded: boolean): void {
    if (!isNeeded) {
      this.httpServer.removeListener(event, listener);
    } else if (!this.httpServer.listeners(event).includes(listener)) {
      this.httpServer.on(event, listener);
    }
  }

  private mountFor(url: string): Mount | undefined {
    for (const mount of this.mounts) {
      if (url.startsWith(mount.prefix)) {
        return mount;
      }
    }
    return undefined;
  }

  private handle(req: IncomingMessage, res: ServerResponse): boolean {
    for (const { clientFiles } of this.mounts) {
      if (clientFiles?.(req, res)) {
        return true;
      }
    }
    return this.mountFor(req.url as string)?.events.emit("request", req, res) === true;
  }

  private readonly onUpgrade = (req: IncomingMessage, socket: Duplex, head: Buffer): void => {
    if (this.mountFor(req.url as string)?.events.emit("upgrade", req, socket, head)) {
      return;
    }
    // each engine ends upgrades that no listener answers, after the time that its options say
    for (const { events } of this.mounts) {
      events.emit("upgrade", req, socket, head);
    }
  };

  private readonly onClose = (): void => {
    for (const { events } of this.mounts) {
      events.emit("close");
    }
  };

  private readonly onListening = (): void => {
    for (const mount of this.absent) {
      if (!this.at(mount.prefix)) {
        mount.hasReturned = true;
        this.add(mount);
      }
    }
    for (const { events } of this.mounts) {
      events.emit("listening");
    }
  };
}

const known = new WeakMap<object, MountPoints>();

/** The engines of this HTTP server. */
export function mountPointsOf(httpServer: HttpServer): MountPoints {
  let points = known.get(httpServer);
  if (!points) {
    points = new MountPoints(httpServer);
    known.set(httpServer, points);
  }
  return points;
}
