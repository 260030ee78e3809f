/** The entry point socket.io/opentelemetry: spans and metrics of a server. */
import "./peer"; // first: it throws if @opentelemetry/api is not installed

export type {
  EventDetails,
  Ignored,
  InstrumentationOptions,
  Propagation,
  SemanticConventions,
  SpanHook,
} from "./config";
export { SocketIoInstrumentation } from "./instrumentation";
