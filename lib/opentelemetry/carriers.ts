/** Reads trace contexts that clients and other servers have sent, and sends them to other servers. */
import { type Context, propagation, ROOT_CONTEXT, type SpanContext, trace } from "@opentelemetry/api";
import { CARRIER, isCarrier } from "../diagnostics/carrier";
import type { ServerSideEventMessage } from "../diagnostics/messages";

/** The longest text that is accepted from a client. */
const MAX_LENGTH = 1024;

/** Adds a trace context to the arguments of a server-side event, unless another instrumentation has added one. */
export function append(active: Context, args: unknown[]): void {
  const last = args.at(-1);
  const isEmpty = isCarrier(last) && Object.keys(Object(last[CARRIER])).length === 0;
  if (isCarrier(last) && !isEmpty) {
    return;
  }
  const carrier = {};
  propagation.inject(active, carrier);
  if (Object.keys(carrier).length > 0) {
    args.splice(isEmpty ? -1 : args.length, 1, { [CARRIER]: carrier });
  }
}

/** Returns the trace context that another server has sent. */
export function senderOf({ traceContext }: ServerSideEventMessage): Context | undefined {
  return contextOf(traceContext);
}

/** Returns the span that a client refers to, for a link. The texts of a client may be wrong, or of any length. */
export function linkedSpan(carrier: unknown): SpanContext | undefined {
  const extracted = contextOf(carrier);
  return extracted && trace.getSpanContext(extracted);
}

/** Returns the object that may carry the context of an event: its last argument, apart from the acknowledgement function. */
export function lastData(args: readonly unknown[], hasAck: boolean): unknown {
  return args.at(hasAck ? -2 : -1);
}

function contextOf(carrier: unknown): Context | undefined {
  if (typeof carrier !== "object" || carrier === null) {
    return undefined;
  }
  const texts: Record<string, string> = {};
  for (const field of propagation.fields()) {
    const text: unknown = Object.hasOwn(carrier, field) && (carrier as Record<string, unknown>)[field];
    if (typeof text === "string" && text.length <= MAX_LENGTH) {
      texts[field] = text;
    }
  }
  const extracted = propagation.extract(ROOT_CONTEXT, texts);
  return trace.getSpanContext(extracted) && extracted;
}
