/** Remembers which upgrade requests were not passed to code of the application. */
import type { IncomingMessage } from "node:http";

const unseen = new WeakSet<IncomingMessage>();

/** To be called for a request before the engine handles it, if the library is the only one that has received it. */
export function markUnseen(req: IncomingMessage): void {
  unseen.add(req);
}

/** To be called before a request is passed to code of the application, which may keep it. */
export function markSeen(req: IncomingMessage): void {
  unseen.delete(req);
}

/** Whether nothing but the library can refer to the request. */
export function isUnseen(req: IncomingMessage): boolean {
  return unseen.has(req);
}
