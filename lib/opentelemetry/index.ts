/** The entry point socket.io/opentelemetry: spans and metrics of a server. */
export type {
  EventDetails,
  Ignored,
  InstrumentationOptions,
  Propagation,
  SemanticConventions,
  SpanHook,
} from "./config";
export { SocketIoInstrumentation } from "./instrumentation";
