/** Remembers which upgrade requests were not passed to code of the application. */
import type { IncomingMessage } from "node:http";

const unseen = new WeakSet<IncomingMessage>();

/** Records that only the library has received a request. Must be called before the engine handles the request. */
export function markUnseen(req: IncomingMessage): void {
  unseen.add(req);
}

/** Records that a request is passed to code of the application, which may keep it. Must be called before. */
export function markSeen(req: IncomingMessage): void {
  unseen.delete(req);
}

/** Whether only the library can have kept the request. */
export function isUnseen(req: IncomingMessage): boolean {
  return unseen.has(req);
}
