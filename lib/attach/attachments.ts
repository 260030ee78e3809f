/** The places where one server is attached: HTTP servers with a path. */
import type { Server as HttpServer } from "node:http";
import type { Server as Engine } from "engine.io";
import type { Gate } from "../connection/gated-engine";
import type { EngineServer } from "../connection/port";
import { codedError } from "../errors";
import type { ServerOptions } from "../options/server-options";
import { engineFor, type TServerInstance } from "./http";
import { Mount, type MountPoints, mountPointsOf, type RequestHandler } from "./mount-points";

/** What a server has attached, so that it can be undone. */
export class Attachments {
  private readonly places = new Map<Mount, MountPoints>();
  /** Those of a server that closes: another server may be attached in their place. */
  private leaving: ReadonlySet<Mount> = new Set();

  /** `engines` are those of the server: an engine that another one replaces is removed. */
  constructor(private readonly engines: Set<EngineServer>) {}

  /**
   * Attaches a new engine; undefined if the server is attached to this path of this HTTP server already.
   *
   * @throws a `PATH_TAKEN` error if another server is
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
    if (present && !makesRoom(present, this)) {
      if (present.owner === this) {
        points.restore();
        return undefined;
      }
      throw codedError("PATH_TAKEN", prefix);
    }
    const engine = engineFor(options, gate);
    const mount = new Mount(this, prefix, engine, options, clientFiles);
    points.add(mount);
    this.forget(points, prefix);
    this.places.set(mount, points);
    return engine;
  }

  /** The paths may be given to others from now on. */
  beginClosing(): void {
    this.leaving = new Set(this.places.keys());
  }

  /** Leaves the paths to the applications; with `mayReturn`, until the HTTP server listens again. */
  undo(mayReturn: boolean): void {
    for (const mount of this.leaving) {
      this.places.get(mount)?.remove(mount, mayReturn);
    }
    this.leaving = new Set();
  }

  /** @internal Whether a mount of this server may be replaced by one of that server. */
  givesWay(mount: Mount, to: Attachments): boolean {
    // this server was closed, though it answers again: another one that is attached now is meant to follow it
    const isFree = mount.hasReturned && (to !== this || mount.engine.clientsCount === 0);
    return isFree || this.leaving.has(mount);
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

function makesRoom(mount: Mount, attached: Attachments): boolean {
  return mount.owner instanceof Attachments && mount.owner.givesWay(mount, attached);
}

/** What the URLs begin with that are meant for an engine with these options. */
function prefixOf({ path, addTrailingSlash }: { path: string; addTrailingSlash?: boolean }): string {
  const bare = path.replace(/\/$/, "");
  return addTrailingSlash === false ? bare : `${bare}/`;
}
