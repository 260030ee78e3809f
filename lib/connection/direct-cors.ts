/** Sets the headers of the option `cors` for frequent kinds of requests and options, exactly as the package cors does. */
import type { ServerResponse } from "node:http";
import type { EngineRequest } from "./port";

/** A character that the value of a header must not have (RFC 9110, section 5.5). */
const INVALID_IN_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

/** The options that concern requests other than preflight requests. */
interface CorsOptions {
  readonly origin?: unknown;
  readonly credentials?: unknown;
  readonly exposedHeaders?: unknown;
}

/**
 * Sets the same headers as the package cors with these options, or returns `false` without an effect for everything that
 * is rare: preflight requests, functions, regular expressions, and responses that have a header `Vary` already. The
 * application may change the options while the server runs.
 *
 * @throws if the origin in the options is not a valid value of a header; no header is set then
 */
export function setCorsHeaders(options: unknown, req: EngineRequest, res: ServerResponse): boolean {
  if (!isPlain(options) || !mayAnswer(req, res)) {
    return false;
  }
  const rule = "origin" in options ? options.origin : "*";
  const origin = allowedOrigin(rule, req.headers.origin);
  const exposed = listOf(options.exposedHeaders);
  if (origin === undefined || exposed === undefined) {
    return false;
  }
  if (origin !== "") {
    res.setHeader("Access-Control-Allow-Origin", origin);
  }
  if (rule !== "*") {
    res.setHeader("Vary", "Origin");
  }
  if (options.credentials === true) {
    res.setHeader("Access-Control-Allow-Credentials", "true");
  }
  if (exposed !== "") {
    res.setHeader("Access-Control-Expose-Headers", exposed);
  }
  return true;
}

/** Whether an object has its own data only, which cors copies. */
function isPlain(options: unknown): options is CorsOptions {
  return (
    typeof options === "object" && options !== null && Object.getPrototypeOf(options) === Object.prototype
  );
}

/** Preflight requests are rare; and a header `Vary` would have to be completed. */
function mayAnswer({ method }: EngineRequest, res: ServerResponse): boolean {
  return (method === "GET" || method === "POST") && res.getHeader("Vary") === undefined;
}

/** Returns the allowed origin, or `""` if there is none; `undefined` if only cors can tell. */
function allowedOrigin(rule: unknown, origin: string | undefined): string | undefined {
  if (rule === true) {
    return origin ?? "";
  }
  if (typeof rule === "string" && rule !== "") {
    return rule;
  }
  return Array.isArray(rule) ? allowedOriginOf(rule, origin) : undefined;
}

function allowedOriginOf(rules: readonly unknown[], origin: string | undefined): string | undefined {
  for (const rule of rules) {
    if (typeof rule !== "string") {
      return undefined;
    }
    if (rule === origin) {
      return origin;
    }
  }
  return "";
}

/** Returns a list of header names as one text, `""` if there is none; `undefined` if only cors can tell, or if it is invalid. */
function listOf(names: unknown): string | undefined {
  if (!names) {
    return "";
  }
  const list = typeof names === "string" ? names : Array.isArray(names) ? names.join(",") : undefined;
  return list !== undefined && INVALID_IN_VALUE.test(list) ? undefined : list;
}
