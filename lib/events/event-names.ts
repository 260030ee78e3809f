/** Checks the names of events that are sent. */
import { errorMonitor } from "node:events";
import { codedError, describeValue } from "../errors";

/** Event names that `serverSideEmit()` refuses, because namespaces and servers emit these events themselves. */
export const RESERVED_SERVER_SIDE_EVENTS: ReadonlySet<string | symbol> = new Set([
  "connect",
  "connection",
  "new_namespace",
]);

/** Throws if the name is not a string or number in JSON, so that no receiver can listen to it, or if it is reserved. */
export function checkEventName(name: unknown, reserved: ReadonlySet<string | symbol>): void {
  if (typeof name !== "string" && !isNameInJson(name)) {
    throw codedError("INVALID_EVENT_NAME", describeValue(name));
  }
  if (reserved.has(name as string)) {
    throw codedError("RESERVED_EVENT", name as string);
  }
}

/** Whether a name is a string or a number once it is encoded as JSON (Socket.IO protocol, "Packet types", EVENT). */
function isNameInJson(name: unknown): boolean {
  try {
    const inJson: unknown = JSON.parse(JSON.stringify(name) ?? "null");
    return typeof inJson === "string" || typeof inJson === "number";
  } catch {
    return false;
  }
}

/** Whether the name is `errorMonitor`, which Node.js emits before it calls the listeners of "error". */
export function isErrorMonitor(name: unknown): boolean {
  return name === errorMonitor;
}
