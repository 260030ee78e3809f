/** Detects whether an adapter of any package stores sessions. */
import { EventEmitter } from "node:events";
import type { AdapterContract } from "../adapter/contract";
import { Adapter } from "../adapter/memory";

/**
 * Whether `restoreSession()` of this adapter can return a session. The base classes of adapters, here and in npm
 * `socket.io-adapter`, have this method too, but return `null` for any session.
 */
export function storesSessions(adapter: AdapterContract): boolean {
  const owner = ownerOf(adapter, "restoreSession");
  if (owner === undefined || owner === Adapter.prototype) {
    return false;
  }
  const isBaseClass = Object.getPrototypeOf(owner) === EventEmitter.prototype;
  return !isBaseClass || !returnsNull(adapter);
}

/** Returns the object in the prototype chain that defines the method. */
function ownerOf(adapter: object, method: string): object | undefined {
  for (let owner: object | null = adapter; owner; owner = Object.getPrototypeOf(owner)) {
    if (Object.hasOwn(owner, method)) {
      return owner;
    }
  }
  return undefined;
}

/** Whether `restoreSession()` returns `null` synchronously. An adapter that looks sessions up returns a promise. */
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
