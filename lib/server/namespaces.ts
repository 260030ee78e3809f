/** Finds and creates namespaces, by name, by regular expression or by function. */
import { logs } from "../diagnostics";
import { type CodedError, codedError, describeValue } from "../errors";
import { emitGuarded } from "../guards/handler-errors";
import type { NamespaceOptions } from "../options/server-options";
import { quoted } from "../texts";
import type { EventsMap, Untyped } from "../typed-events";
import { Namespace } from "./namespace";
import { ParentNamespace } from "./parent-namespace";

/**
 * Decides whether the server may create a namespace of this name for a client: calls `fn(null, true)` if it may.
 *
 * @since 4.9.0
 */
export type ParentNspNameMatchFn = (
  name: string,
  auth: { [key: string]: Untyped },
  fn: (err: Error | null, success: boolean) => void,
) => void;

interface Pattern<Parent> {
  readonly given: RegExp | ParentNspNameMatchFn;
  readonly matches: ParentNspNameMatchFn;
  /** `undefined` if the pattern is a function, which needs the `auth` of a client to decide. */
  readonly regExp?: RegExp;
  readonly parent: Parent;
}

/** The namespaces of one server. */
export class Namespaces<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
> {
  readonly byName: Map<string, Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>> = new Map();
  private readonly patterns: Pattern<
    ParentNamespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>
  >[] = [];

  constructor(
    private readonly server: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>["server"],
  ) {}

  /** Returns the namespace of this name or pattern, and creates it if it does not exist. */
  of(
    name: string | RegExp | ParentNspNameMatchFn,
    options?: NamespaceOptions,
  ): Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    if (typeof name === "function" || name instanceof RegExp) {
      const parent = this.parentFor(name);
      options && parent._setContract(options);
      return parent;
    }
    if (typeof name !== "string" && typeof name !== "number") {
      throw codedError("INVALID_NAMESPACE_NAME", describeValue(name));
    }
    const text = String(name);
    const path = text.startsWith("/") ? text : `/${text}`;
    const known = this.byName.get(path);
    if (known) {
      options && known._setContract(options);
      return known;
    }
    return this.create(path, options);
  }

  /**
   * Calls `done` with the namespace that a client asks for. Calls it without a namespace if no pattern allows the name,
   * or if a limit is reached.
   */
  resolve(
    name: string,
    auth: { [key: string]: Untyped },
    done: (
      nsp?: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
      refusal?: CodedError<"NAMESPACE_LIMIT">,
    ) => void,
  ): void {
    const existing = this.byName.get(name);
    if (existing) {
      done(existing);
      return;
    }
    const patterns = this.patterns.slice();
    const ask = (index: number): void => {
      if (index === patterns.length) {
        done();
        return;
      }
      const { matches, parent } = patterns[index];
      const answer = onlyOnce((err: Error | null, allowed: boolean) => {
        // the namespace may have been created for another client meanwhile
        const made = this.byName.get(name);
        if (err || !allowed) {
          ask(index + 1);
        } else if (!made && parent.isFull) {
          done(undefined, codedError("NAMESPACE_LIMIT"));
        } else {
          done(made ?? this.createChild(parent, name));
        }
      });
      if (parent.handlerGuard) {
        parent.handlerGuard.attempt(
          () => matches(name, auth, answer),
          { phase: "namespace" },
          () => answer(null, false),
        );
      } else {
        matches(name, auth, answer);
      }
    };
    ask(0);
  }

  private parentFor(
    pattern: RegExp | ParentNspNameMatchFn,
  ): ParentNamespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    const regExp = pattern instanceof RegExp ? pattern : undefined;
    const known = this.patterns.find(
      (one) =>
        one.given === pattern ||
        // two equal regular expressions are the same pattern
        (regExp && one.regExp?.source === regExp.source && one.regExp.flags === regExp.flags),
    );
    if (known) {
      return known.parent;
    }
    if (regExp && (regExp.global || regExp.sticky)) {
      throw codedError("STATEFUL_REGEXP");
    }
    const parent = new ParentNamespace(this.server);
    parent._initAdapter();
    this.patterns.push({
      given: pattern,
      matches: regExp ? (name, _auth, fn) => fn(null, regExp.test(name)) : (pattern as ParentNspNameMatchFn),
      regExp,
      parent,
    });
    return parent;
  }

  private create(
    path: string,
    options: NamespaceOptions | undefined,
  ): Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    const pattern = this.patterns.find(({ regExp }) => regExp?.test(path));
    if (pattern) {
      logs.server.enabled &&
        logs.server("attaching namespace %s to parent namespace %s", quoted(path), pattern.regExp);
      return this.createChild(pattern.parent, path, options);
    }
    logs.server.enabled && logs.server("initializing namespace %s", quoted(path));
    const nsp = new Namespace(this.server, path);
    options && nsp._setContract(options);
    nsp._initAdapter();
    return this.register(nsp);
  }

  private createChild(
    parent: ParentNamespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
    name: string,
    options?: NamespaceOptions,
  ): Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    const child = parent.createChild(name);
    options && child._setContract(options);
    if (this.server.opts.cleanupEmptyChildNamespaces) {
      child._onEmpty = () => {
        logs.parentNamespace.enabled && logs.parentNamespace("closing child namespace %s", quoted(name));
        if (this.byName.get(name) === child) {
          this.byName.delete(name);
        }
        parent.children.delete(child);
        child._closeAdapter().catch(() => {});
      };
    }
    return this.register(child);
  }

  private register(
    nsp: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
  ): Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    this.byName.set(nsp.name, nsp);
    this.announce(nsp);
    return nsp;
  }

  private announce(nsp: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>): void {
    const main = this.byName.get("/");
    if (!main || nsp === main) {
      return;
    }
    const event = "new_namespace";
    emitGuarded(main.handlerGuard, main, event, [nsp], { phase: "namespace", event });
  }
}

/** Wraps a callback so that only its first call has an effect: the application may call it twice, or call it and throw. */
function onlyOnce<Args extends unknown[]>(answer: (...args: Args) => void): (...args: Args) => void {
  let answered = false;
  return (...args) => {
    if (!answered) {
      answered = true;
      answer(...args);
    }
  };
}
