/** The script for pages of Socket.IO 0.x, which defines the global object io. */
import type { SocketOptions } from "./options";
import type { Cookies, Platform } from "./platform";
import { LegacySocket } from "./socket";

/** The members of the global object of a page that are used. */
interface Page {
  readonly document: Cookies;
  readonly location: { readonly protocol: string; readonly hostname: string; readonly port: string };
  io: { setPath(path: string): void; Socket: unknown };
}

const page = globalThis as unknown as Page;
const warnedOf = new Set<string>();

const platform: Platform = {
  reports: {
    invalid: (expected, got) =>
      Object.assign(new Error(`"transports" must be ${expected}, got ${JSON.stringify(got)}`), {
        code: "INVALID_OPTION",
      }),
    retired(name, instead) {
      if (!warnedOf.has(name)) {
        warnedOf.add(name);
        console.warn(`The transport "${name}" no longer exists, so "${instead}" is used instead.`);
      }
    },
  },
  location: page.location,
  document: page.document,
};

class Socket extends LegacySocket {
  constructor(host?: string | SocketOptions, options?: SocketOptions) {
    super(platform, host, options);
  }
}

page.io = { setPath() {}, Socket };
