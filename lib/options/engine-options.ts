/** Checks the options of engine.io and its dependencies, such as `transports`, `cors` and `cookie`. */
import { codedError, describeValue } from "../errors";
import { warnOnce } from "../warnings";
import type { Check } from "./checks";
import { checkNames, misspeltNameOf } from "./names";
import { serialisedOrigin } from "./origin-text";

const TRANSPORTS = ["polling", "websocket", "webtransport", "sse"];

/** Checks the option `transports`: throws for a misspelt name, and for a list without any known name. */
export const checkTransports: Check = (name, value) => {
  const listed: unknown[] = Array.isArray(value) ? value : [];
  for (const one of listed) {
    const meant = typeof one === "string" ? misspeltNameOf(one, TRANSPORTS) : undefined;
    if (meant !== undefined) {
      throw codedError("INVALID_OPTION", name, `a list with ${JSON.stringify(meant)}`, describeValue(one));
    }
  }
  // other names are ignored: old programs have those of Socket.IO 0.9, such as "flashsocket"
  if (!listed.some((one) => TRANSPORTS.includes(one as string))) {
    const expected = 'a list with one or more of "polling", "websocket", "webtransport" and "sse"';
    const got = Array.isArray(value) ? JSON.stringify(value) : describeValue(value);
    throw codedError("INVALID_OPTION", name, expected, got);
  }
  return value;
};

/** Checks the option `path`, which must begin with a slash like the URL of each request. */
export function checkPath(name: string, value: unknown): string {
  if (typeof value !== "string" || !value.startsWith("/")) {
    throw codedError(
      "INVALID_OPTION",
      name,
      'a string that begins with a slash, such as "/socket.io"',
      describeValue(value),
    );
  }
  return value;
}

/**
 * Checks the option `cors`. The cors package reads a string or an array as an object without properties, and then
 * allows all origins. Only `"*"` is accepted with this meaning.
 */
export const checkCors: Check = (name, value) => {
  if (value === "*") {
    return { origin: "*" };
  }
  if ((typeof value === "string" && value !== "") || typeof value === "number" || Array.isArray(value)) {
    const expected = 'an object such as { origin: "https://example.com" }, a function or a boolean';
    throw codedError("INVALID_OPTION", name, expected, describeValue(value));
  }
  warnOfOrigins(Object(value).origin);
  return corsMembers(name, value);
};

/**
 * Emits a warning for a string in `cors.origin` that is not the origin of any page. It is not an error, since
 * WebSockets work without `cors`. The string "*" stands for all pages, but not within an array.
 */
function warnOfOrigins(origin: unknown): void {
  const listed: unknown[] = Array.isArray(origin) ? origin : [origin === "*" ? "" : origin];
  for (const one of listed) {
    if (typeof one === "string" && one !== "" && one !== serialisedOrigin(one)) {
      warnOnce("SOCKET_IO_CORS_ORIGIN", describeValue(one), insteadOf(one));
    }
  }
}

function insteadOf(text: string): string {
  if (text === "*") {
    return '"*" without the list';
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const origin = serialisedOrigin(text) ?? (url && serialisedOrigin(url.origin));
  return origin === undefined || origin === "null"
    ? 'each origin as a separate string, such as "https://example.com", or a regular expression'
    : JSON.stringify(origin);
}

/** Returns a check that throws if a property of an object has a misspelt name. Accepts everything else. */
function membersNamed(...known: readonly string[]): Check {
  return (name, value) => {
    if (typeof value === "object" && value !== null) {
      checkNames(value, known, `${name}.`);
    }
    return value;
  };
}

const corsMembers = membersNamed(
  "origin",
  "methods",
  "allowedHeaders",
  "headers",
  "exposedHeaders",
  "credentials",
  "maxAge",
  "preflightContinue",
  "optionsSuccessStatus",
  "optionSuccessStatus", // a common misspelling without effect, which is accepted
);

/** Checks the option `cookie`, with the property names of the cookie package. */
export const checkCookie: Check = membersNamed(
  "name",
  "domain",
  "encode",
  "expires",
  "httpOnly",
  "maxAge",
  "partitioned",
  "path",
  "priority",
  "sameSite",
  "secure",
);

const deflateMembers = membersNamed(
  "threshold",
  "concurrencyLimit",
  "serverNoContextTakeover",
  "clientNoContextTakeover",
  "serverMaxWindowBits",
  "clientMaxWindowBits",
  "zlibDeflateOptions",
  "zlibInflateOptions",
  "isServer",
  "maxPayload",
  "sharedCompression",
);

/** Checks the option `perMessageDeflate`, with the property names of the ws package and `sharedCompression`. */
export const checkPerMessageDeflate: Check = (name, value) => {
  const { sharedCompression } = Object(value);
  if (sharedCompression !== undefined && typeof sharedCompression !== "boolean") {
    throw codedError(
      "INVALID_OPTION",
      `${name}.sharedCompression`,
      "a boolean",
      describeValue(sharedCompression),
    );
  }
  return deflateMembers(name, value);
};

/** Checks the option `httpCompression`, with the property names of the module `node:zlib`. */
export const checkHttpCompression: Check = membersNamed(
  "threshold",
  "chunkSize",
  "dictionary",
  "finishFlush",
  "flush",
  "info",
  "level",
  "maxOutputLength",
  "memLevel",
  "params",
  "strategy",
  "windowBits",
);
