/** Stores the name of the transport that has worked in a cookie of the page. */
import { isTransport, type LegacyTransport } from "../transports";
import type { Cookies } from "./platform";

/** Stores the name. */
export function remember(name: LegacyTransport, { document }: { readonly document?: Cookies }): void {
  if (document) {
    document.cookie = `socket.io=${encodeURIComponent(name)}; path=/; SameSite=Lax`;
  }
}

/** Returns the stored name, if it is the name of a transport. */
export function remembered({ document }: { readonly document?: Cookies }): LegacyTransport | undefined {
  const [, name] = /(?:^|;)\s*socket\.io=([\w-]+)/.exec(document?.cookie ?? "") ?? [];
  return isTransport(name) ? name : undefined;
}
