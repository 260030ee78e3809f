/** Which names an event may be sent with. */
import { errorMonitor } from "node:events";
import { codedError, describeValue } from "../errors";

/** Throws unless the other side can have a listener for this name, and it is none of the `reserved` ones. */
export function checkEventName(name: unknown, reserved: ReadonlySet<string | symbol>): void {
  if (typeof name !== "string" && !isNameInJson(name)) {
    throw codedError("INVALID_EVENT_NAME", describeValue(name));
  }
  if (reserved.has(name as string)) {
    throw codedError("RESERVED_EVENT", name as string);
  }
}

/** Whether a name that is no string arrives as one, or as a number (Socket.IO protocol, "Packet types", EVENT). */
function isNameInJson(name: unknown): boolean {
  try {
    const inJson: unknown = JSON.parse(JSON.stringify(name) ?? "null");
    return typeof inJson === "string" || typeof inJson === "number";
  } catch {
    return false;
  }
}

/** Whether Node.js emits this: for those who watch "error", before its listeners are called. */
export function isErrorMonitor(name: unknown): boolean {
  return name === errorMonitor;
}
