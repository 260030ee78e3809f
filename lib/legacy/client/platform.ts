/** What the client needs of the place where it runs: a page of a browser, or Node.js. */
import type { TransportReports } from "../transports";

/** The cookies of a page. */
export interface Cookies {
  cookie: string;
}

/** The place where the client runs. */
export interface Platform {
  /** How errors and warnings about options are reported. */
  readonly reports: TransportReports;
  /** The address of the page, if there is one. */
  readonly location?: { readonly protocol: string; readonly hostname: string; readonly port: string };
  /** The document of the page, if there is one. */
  readonly document?: Cookies;
}
