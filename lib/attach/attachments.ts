/** Keeps track of the HTTP servers and paths that a server is attached to. */
import type { Server as HttpServer } from "node:http";
import type { Server as Engine } from "engine.io";
import type { Gate } from "../connection/gated-engine";
import type { EngineServer } from "../connection/port";
import type { CloseDeadline } from "../connection/remains";
import { codedError } from "../errors";
import type { ServerOptions } from "../options/server-options";
import { engineFor, type TServerInstance } from "./http";
import { Mount, type MountPoints, mountPointsOf, type RequestHandler } from "./mount-points";

/** The engines that a server has attached to HTTP servers. */
export class Attachments {
  private readonly places = new Map<Mount, MountPoints>();
  /** The mounts of a server that is closing. Another server may replace them. */
  private closing: ReadonlySet<Mount> = new Set();

  /** `engines` are the engines of the server. An engine that is replaced is removed from this set. */
  constructor(
    private readonly engines: Set<EngineServer>,
    private readonly closeDeadline: CloseDeadline,
  ) {}

  /**
   * Attaches a new engine. Returns `undefined` if the server is already attached to this path of the HTTP server.
   *
   * @throws a `PATH_TAKEN` error if another server is attached to this path
   */
  attach(
    target: TServerInstance,
    options: Partial<ServerOptions> & { path: string },
    gate: Gate | undefined,
    clientFiles: RequestHandler | undefined,
  ): Engine | undefined {
    const points = mountPointsOf(target as HttpServer);
    const prefix = prefixOf(options);
    const present = points.at(prefix);
    if (present && !canReplace(present, this)) {
      if (present.owner === this) {
        points.restore();
        return undefined;
      }
      throw codedError("PATH_TAKEN", prefix);
    }
    const engine = engineFor(options, gate, this.closeDeadline);
    const mount = new Mount(this, prefix, engine, options, clientFiles);
    points.add(mount);
    this.forget(points, prefix);
    this.places.set(mount, points);
    return engine;
  }

  /** Allows other servers to be attached to the paths of this server from now on. */
  beginClosing(): void {
    this.closing = new Set(this.places.keys());
  }

  /** Detaches the engines. With `mayReattach`, they are attached again when the HTTP server listens again. */
  detach(mayReattach: boolean): void {
    for (const mount of this.closing) {
      this.places.get(mount)?.remove(mount, mayReattach);
    }
    this.closing = new Set();
  }

  /** @internal Whether a mount of this server may be replaced by a mount of `to`. */
  isReplaceableBy(mount: Mount, to: Attachments): boolean {
    // this server was closed, and only attached again because its HTTP server listens again
    const isFree = mount.isReattached && (to !== this || mount.engine.clientsCount === 0);
    return isFree || this.closing.has(mount);
  }

  private forget(at: MountPoints, prefix: string): void {
    for (const [mount, points] of this.places) {
      if (points === at && mount.prefix === prefix) {
        this.places.delete(mount);
        this.engines.delete(mount.engine);
      }
    }
  }
}

function canReplace(mount: Mount, attached: Attachments): boolean {
  return mount.owner instanceof Attachments && mount.owner.isReplaceableBy(mount, attached);
}

/** Returns the prefix of the URLs that an engine with these options handles. */
function prefixOf({ path, addTrailingSlash }: { path: string; addTrailingSlash?: boolean }): string {
  const bare = path.replace(/\/$/, "");
  return addTrailingSlash === false ? bare : `${bare}/`;
}
