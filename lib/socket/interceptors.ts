/** The catch-all listeners and the packet middlewares of one socket. */
import process from "node:process";
import { type Middleware, runMiddlewares } from "../admission/middleware";
import { channels } from "../diagnostics/channels";
import { observed } from "../diagnostics/observe";
import { CatchAll } from "../events/catch-all";
import type { HandlerGuard, Handling } from "../guards/handler-errors";
import type { HandlerPhase } from "../options/limits";
import type { Untyped } from "../typed-events";

/** An event that a client sends: its name, its arguments and, if the client asks for one, the acknowledgement function. */
export type Event = [eventName: string, ...args: Untyped[]];

/** The members of a socket that are used here. */
export interface InterceptedSocket {
  readonly nsp: { readonly handlerGuard?: HandlerGuard };
  _callLater(event: Event): void;
  _onerror(error: Error): void;
}

/** The catch-all listeners and middlewares of one socket. Created for the first of them: most sockets have none. */
export class Interceptors {
  /** The listeners of `onAny()`. */
  readonly incoming = new CatchAll();
  /** The listeners of `onAnyOutgoing()`. */
  readonly outgoing = new CatchAll();
  private readonly middlewares: Middleware<Event, Error>[] = [];

  use(middleware: Middleware<Event, Error>): void {
    this.middlewares.push(middleware);
  }

  /** Calls the catch-all listeners, then the middlewares. If no middleware drops the event, its handlers run in the next tick. */
  pass(socket: InterceptedSocket, event: Event): void {
    const { handlerGuard } = socket.nsp;
    const handling = (phase: HandlerPhase): Handling => ({ phase, event: event[0], socket });
    this.incoming.notify(
      socket,
      event,
      handlerGuard && ((call) => handlerGuard.attempt(call, handling("any"))),
    );
    const middlewares = channels.middleware.isActive ? this.traced(socket, event[0]) : this.middlewares;
    runMiddlewares(
      middlewares,
      event,
      (error) => {
        if (error) {
          process.nextTick(() => socket._onerror(error));
        } else {
          socket._callLater(event);
        }
      },
      handlerGuard && {
        attempt: (run, fail) => handlerGuard.attempt(run, handling("packet-middleware"), fail),
        failed: () => {},
      },
    );
  }

  private traced(socket: InterceptedSocket, event: string): Middleware<Event, Error>[] {
    const about = { kind: "packet", nsp: socket.nsp, socket, event: String(event) } as const;
    return observed().tracedMiddlewares(this.middlewares, about);
  }
}
