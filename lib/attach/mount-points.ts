/** Routes the requests and upgrades of one HTTP server to the engines that are attached to it. */
import { EventEmitter } from "node:events";
import type { Server as HttpServer, IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { AttachOptions, Server as Engine } from "engine.io";
import { markUnseen } from "../connection/unseen-requests";
import { LateListeners } from "./late-listeners";
import { switchListener } from "./listener-switch";
import { type OpenConnections, openConnectionsOf } from "./open-connections";
import { UpgradeListeners } from "./upgrade-listeners";

/** Handles a request, or returns `false` to leave it to other listeners. */
export type RequestHandler = (req: IncomingMessage, res: ServerResponse) => boolean;

/** An engine that is attached to one path of an HTTP server. */
export class Mount {
  /** The emitter that the engine is attached to. It emits the events of the HTTP server that concern this engine. */
  readonly events = new EventEmitter();
  /** Whether the server was closed, and was attached again because its HTTP server listens again. */
  isReattached = false;

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

/** The request listener of the library on an HTTP server. It is the first listener, unless other code changes the list. */
interface Entrance {
  readonly late: LateListeners;
  /** The request listeners that the application had added before. */
  readonly earlier: readonly RequestListener[];
}

/** The engines of one HTTP server. The engine with the longest matching prefix receives a request. */
export class MountPoints {
  /** The attached engines, by descending length of their prefixes. */
  private mounts: Mount[] = [];
  /** The engines that are detached, and attached again when the HTTP server listens again. */
  private detached: Mount[] = [];
  private entrance?: Entrance;
  private readonly upgradeListeners: UpgradeListeners;
  private readonly connections: OpenConnections;

  constructor(private readonly httpServer: HttpServer) {
    this.connections = openConnectionsOf(httpServer);
    this.upgradeListeners = new UpgradeListeners(httpServer, this.onUpgrade);
  }

  /** Returns the engine with exactly this prefix. */
  at(prefix: string): Mount | undefined {
    return this.mounts.find((mount) => mount.prefix === prefix);
  }

  add(mount: Mount): void {
    const others = (mounts: readonly Mount[]) => mounts.filter(({ prefix }) => prefix !== mount.prefix);
    this.detached = others(this.detached);
    this.mounts = [...others(this.mounts), mount].sort((a, b) => b.prefix.length - a.prefix.length);
    this.restore();
  }

  /** Adds the listeners that were removed from the HTTP server, for example by removeAllListeners("upgrade"). */
  restore(): void {
    if (!this.entrance?.late.isWatching) {
      this.open();
    }
    this.listen();
  }

  /** Detaches an engine. With `mayReattach`, it is attached again when the HTTP server listens again. */
  remove(mount: Mount, mayReattach: boolean): void {
    this.mounts = this.mounts.filter((other) => other !== mount);
    this.detached = this.detached.filter((other) => other !== mount);
    if (mayReattach) {
      this.detached = [...this.detached.filter(({ prefix }) => prefix !== mount.prefix), mount];
    }
    this.listen();
  }

  /** Adds the listeners that are needed, and removes the others. */
  private listen(): void {
    const { httpServer, mounts, detached } = this;
    this.upgradeListeners.watch(mounts.length > 0);
    this.connections.watch(mounts.length > 0);
    const takesUpgrades = mounts.some(({ events }) => events.listenerCount("upgrade") > 0);
    switchListener(httpServer, "upgrade", this.onUpgrade, takesUpgrades);
    switchListener(httpServer, "close", this.onClose, mounts.length > 0);
    switchListener(httpServer, "listening", this.onListening, mounts.length + detached.length > 0);
    if (mounts.length === 0) {
      // other code may have wrapped the request listener, which still calls the listeners of the application
      this.entrance?.late.unwatch(this.entrance.earlier);
      this.entrance = undefined;
    }
  }

  /** Replaces the request listeners by a single one, which calls them for the requests that no engine handles. */
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
    this.connections.forget(socket);
    if (this.upgradeListeners.isOnlyReceiver(socket)) {
      markUnseen(req);
    }
    if (this.mountFor(req.url as string)?.events.emit("upgrade", req, socket, head)) {
      return;
    }
    // no engine handles it: each engine closes sockets that get no answer within its `destroyUpgradeTimeout`
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
    for (const mount of this.detached) {
      if (!this.at(mount.prefix)) {
        mount.isReattached = true;
        this.add(mount);
      }
    }
    for (const { events } of this.mounts) {
      events.emit("listening");
    }
  };
}

const known = new WeakMap<object, MountPoints>();

/** Returns the mount points of an HTTP server, which are created when they are first needed. */
export function mountPointsOf(httpServer: HttpServer): MountPoints {
  let points = known.get(httpServer);
  if (!points) {
    points = new MountPoints(httpServer);
    known.set(httpServer, points);
  }
  return points;
}
