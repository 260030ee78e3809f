/** A pattern whose matches are namespaces. */
import { FanOutAdapter } from "../adapter/fan-out";
import type { RemoteSocket } from "../broadcast/remote-socket";
import { logs } from "../diagnostics";
import { codedError } from "../errors";
import { checkEventName } from "../events/event-names";
import { checkNamespaceLimits, type NamespaceLimitOptions } from "../options/limits";
import { RESERVED_EVENTS } from "../socket/types";
import type {
  DefaultEventsMap,
  EventNamesWithoutAck,
  EventParams,
  EventsMap,
  Untyped,
} from "../typed-events";
import { Namespace } from "./namespace";
import type { Server } from "./server";

let count = 0;

/**
 * What `io.of()` gives for a regular expression or a function: its middlewares and connection listeners serve all
 * namespaces that match, and what is emitted to it goes to all of them.
 *
 * @example
 * const workspaces = io.of(/^\/workspace-\d+$/);
 * workspaces.on("connection", (socket) => {
 *   console.log(socket.nsp.name); // "/workspace-101"
 * });
 * workspaces.emit("hello"); // to the clients of all workspaces
 */
export class ParentNamespace<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  SocketData = Untyped,
> extends Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
  /** @internal The namespaces that have matched so far and are still there. */
  readonly children: Set<Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>> = new Set();

  constructor(server: Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) {
    super(server, `/_${count++}`);
  }

  override _initAdapter(): void {
    this.adapter = new FanOutAdapter(this, this.children);
  }

  override emit<Ev extends EventNamesWithoutAck<EmitEvents>>(
    ev: Ev,
    ...args: EventParams<EmitEvents, Ev>
  ): boolean {
    checkEventName(ev, RESERVED_EVENTS);
    for (const child of this.children) {
      child.emit(ev, ...args);
    }
    return true;
  }

  override fetchSockets(): Promise<RemoteSocket<EmitEvents, SocketData>[]> {
    throw codedError("NO_FETCH_ON_PARENT");
  }

  override limits(given: NamespaceLimitOptions): this {
    const checked = checkNamespaceLimits(given, true);
    const { childNamespaces: _, ...forChildren } = checked;
    for (const child of this.children) {
      child.limits(forChildren);
    }
    return this._setLimits(checked);
  }

  /** @internal Whether no more namespaces are made for the names that clients ask for. */
  get isFull(): boolean {
    return this.children.size >= (this.limitsInForce.childNamespaces ?? Number.POSITIVE_INFINITY);
  }

  /** @internal Makes a namespace with the middlewares and the connection listeners that are here now. */
  createChild(name: string): Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    logs.parentNamespace.enabled && logs.parentNamespace("creating child namespace %s", name);
    const child = new Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>(this.server, name);
    child._inherit(this);
    child._initAdapter();
    this.children.add(child);
    return child;
  }
}
