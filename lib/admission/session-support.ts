/** Tells whether an adapter stores sessions, without knowing the package that it comes from. */
import { EventEmitter } from "node:events";
import type { AdapterContract } from "../adapter/contract";
import { Adapter } from "../adapter/memory";

/**
 * Whether `restoreSession()` of this adapter may ever return a session. The base class of adapters, here and in npm
 * `socket.io-adapter`, has the method too: it returns null for any session.
 */
export function storesSessions(adapter: AdapterContract): boolean {
  const owner = ownerOf(adapter, "restoreSession");
  if (owner === undefined || owner === Adapter.prototype) {
    return false;
  }
  const isBaseClass = Object.getPrototypeOf(owner) === EventEmitter.prototype;
  return !isBaseClass || !returnsNull(adapter);
}

/** The object, or the prototype of it, that has the method. */
function ownerOf(adapter: object, method: string): object | undefined {
  for (let owner: object | null = adapter; owner; owner = Object.getPrototypeOf(owner)) {
    if (Object.hasOwn(owner, method)) {
      return owner;
    }
  }
  return undefined;
}

/** Whether a session that cannot exist is refused at once: an adapter that has to look for it returns a promise. */
function returnsNull(adapter: Pick<AdapterContract, "restoreSession">): boolean {
  try {
    const session: unknown = adapter.restoreSession("", "");
    if (session instanceof Promise) {
      session.catch(() => {});
    }
    return session === null || session === undefined;
  } catch {
    return false;
  }
}
