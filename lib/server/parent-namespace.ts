/** The class of dynamic namespaces: creates a child namespace for each matching name that a client connects to. */
import { FanOutAdapter } from "../adapter/fan-out";
import type { RemoteSocket } from "../broadcast/remote-socket";
import { logs } from "../diagnostics";
import { codedError } from "../errors";
import { checkEventName } from "../events/event-names";
import { checkNamespaceLimits, type NamespaceLimitOptions } from "../options/limits";
import type { NamespaceOptions } from "../options/server-options";
import { RESERVED_EVENTS } from "../socket/types";
import { quoted } from "../texts";
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
 * A dynamic namespace, which `io.of()` returns for a regular expression or a function. The namespaces that match are its
 * children: its middlewares and connection listeners apply to them, and `emit()` sends an event to the clients of all
 * children.
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
  /** @internal The namespaces that were created for this pattern and still exist. */
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
    const emitToAll = () => {
      for (const child of this.children) {
        child.emit(ev, ...args);
      }
    };
    this.gate ? this.gate.checkOnce(ev, args, emitToAll) : emitToAll();
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

  override _setContract(given: NamespaceOptions): void {
    // all or none: a child with clients keeps its contract
    for (const child of this.children) {
      child._checkContract(given);
    }
    super._setContract(given);
    for (const child of this.children) {
      child._setContract(given, this.gate);
    }
  }

  /** @internal Whether the limit `childNamespaces` is reached. */
  get isFull(): boolean {
    return this.children.size >= (this.effectiveLimits.childNamespaces ?? Number.POSITIVE_INFINITY);
  }

  /** @internal Creates a namespace with the middlewares and connection listeners registered so far. */
  createChild(name: string): Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    logs.parentNamespace.enabled && logs.parentNamespace("creating child namespace %s", quoted(name));
    const child = new Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>(this.server, name);
    child._inherit(this);
    child._initAdapter();
    this.children.add(child);
    return child;
  }
}
