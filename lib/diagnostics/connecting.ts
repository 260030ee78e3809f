/** Publishes the requests of clients to join namespaces, and the middlewares that decide about clients and events. */
import { types } from "node:util";
import { channels } from "./channels";
import type { ConnectionMessage, MiddlewareMessage } from "./messages";
import { fail, settle, traceSync } from "./tracing";

/** A request to join a namespace. */
interface TracedRequest {
  readonly namespace: string;
  trace?: ConnectionMessage | undefined;
}

/** Decides about a request, and ends it later with {@link endRequest}. */
export function traceConnection<Request extends TracedRequest>(
  client: { readonly conn: unknown; admit(request: Request, auth: Record<string, unknown>): void },
  request: Request,
  auth: Record<string, unknown>,
): void {
  const message: ConnectionMessage = {
    conn: client.conn as ConnectionMessage["conn"],
    namespace: request.namespace,
    isAsync: true,
  };
  request.trace = message;
  traceSync(channels.connection, message, () => client.admit(request, auth));
}

/** Publishes the end of a request, and the error in its message; `callback` runs meanwhile. */
export function endRequest(
  request: TracedRequest,
  outcome: ConnectionMessage["outcome"],
  callback?: () => void,
): void {
  const { trace: message } = request;
  if (!message) {
    callback?.();
    return;
  }
  request.trace = undefined;
  message.outcome = outcome;
  if (message.error !== undefined) {
    fail(channels.connection, message, message.error);
  }
  settle(channels.connection, message, callback);
}

type Middleware<Subject, Failure> = (subject: Subject, next: (err?: Failure) => void) => unknown;

/** Returns middlewares that call the given ones, and publish when they begin and when they call `next()`. */
export function tracedMiddlewares<Subject, Failure>(
  middlewares: readonly Middleware<Subject, Failure>[],
  {
    kind,
    nsp,
    socket,
    event,
  }: { kind: MiddlewareMessage["kind"]; nsp: unknown; socket: unknown; event?: string },
): Middleware<Subject, Failure>[] {
  return middlewares.map((middleware, index) => (subject, next) => {
    const message = {
      kind,
      index,
      nsp,
      socket,
      ...(event !== undefined && { event }),
    } as MiddlewareMessage;
    return traceMiddleware(message, middleware, subject, next);
  });
}

function traceMiddleware<Subject, Failure>(
  message: MiddlewareMessage,
  middleware: Middleware<Subject, Failure>,
  subject: Subject,
  next: (err?: Failure) => void,
): unknown {
  const tracing = channels.middleware;
  let isOver = false;
  const end = (error: unknown, callback?: () => void) => {
    if (isOver) {
      callback?.();
      return;
    }
    isOver = true;
    message.isAsync = true;
    error && fail(tracing, message, error);
    settle(tracing, message, callback);
  };
  return traceSync(tracing, message, () => {
    const result = middleware(subject, (err) => end(err, () => next(err)));
    message.isAsync = true;
    // native promises only: the then() of a query builder would start a query
    return types.isPromise(result)
      ? result.then(undefined, (error: unknown) => {
          end(error);
          throw error;
        })
      : result;
  });
}
