/** The instrumentation for OpenTelemetry: not in the reference server. */
import { metrics, type Span, trace } from "@opentelemetry/api";
import type { Namespace, Socket } from "socket.io";
import {
  type EventDetails,
  type Ignored,
  type InstrumentationOptions,
  type SemanticConventions,
  SocketIoInstrumentation,
  type SpanHook,
} from "socket.io/opentelemetry";
import { typeOf } from "./exact";

const ignored: Ignored = ["typing", /^debug:/, (name) => name.length > 64];
const hook: SpanHook = (span, details) => {
  typeOf(span).is<Span>();
  typeOf(details).is<EventDetails>();
  typeOf(details.payload).is<readonly unknown[]>();
  typeOf(details.namespace).is<Namespace>();
  typeOf(details.socket).is<Socket | undefined>();
};

const options: InstrumentationOptions = {
  traces: true,
  metrics: false,
  emitHook: hook,
  onHook: hook,
  emitIgnoreEventList: ignored,
  onIgnoreEventList: "typing",
  ignoreNamespaces: /^\/admin/,
  ignoreRooms: (room) => room.startsWith("private:"),
  maxEventNames: 20,
  maxNamespaces: 5,
  conventions: "both",
  propagation: { fromClients: true, betweenServers: true },
};

const instrumentation = new SocketIoInstrumentation(options);
new SocketIoInstrumentation();
typeOf(instrumentation.getConfig().conventions).is<SemanticConventions | undefined>();
instrumentation.setConfig({ maxEventNames: 10 });
instrumentation.setTracerProvider(trace.getTracerProvider());
instrumentation.setMeterProvider(metrics.getMeterProvider());
instrumentation.disable();
instrumentation.enable();

// @ts-expect-error: misspelt
new SocketIoInstrumentation({ maxEventName: 10 });
// @ts-expect-error: no such convention
new SocketIoInstrumentation({ conventions: "old" });
