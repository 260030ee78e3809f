/** Decides which web pages may connect, by the Origin header of their requests (option allowedOrigins). */
import type { IncomingMessage } from "node:http";
import type { EngineRequest } from "../connection/port";
import { codedError, describeValue } from "../errors";
import type { OriginRule } from "../options/limits";
import { serialisedOrigin } from "../options/origin-text";

/** Decides whether a request is allowed. */
export type OriginCheck = (req: EngineRequest) => boolean | Promise<boolean>;

/** Returns the check for a rule. */
export function originCheck(rule: OriginRule, requireOrigin: boolean): OriginCheck {
  const allows = typeof rule === "function" ? asked(rule) : listed(Array.isArray(rule) ? rule : [rule]);
  return (req) => {
    const { origin } = req.headers;
    if (origin !== undefined) {
      return allows(origin, req);
    }
    // browsers send no such header with GET requests to the origin of the page, nor with those of script elements
    return requireOrigin ? isOfOwnPage(req) : !isScript(req) || allows(refererOrigin(req), req);
  };
}

/** Whether a page of the same origin has sent the request. Browsers say so over HTTPS and to localhost (Fetch Metadata). */
function isOfOwnPage({ headers }: IncomingMessage): boolean {
  return headers["sec-fetch-site"] === "same-origin";
}

/** Whether this is a request of a script element (JSONP): every page can send one, and read the answer. */
function isScript({ _query }: EngineRequest): boolean {
  return _query?.j !== undefined;
}

/** Returns the origin of the page that sent a request, as far as it is known; otherwise "null", as browsers send it. */
function refererOrigin({ headers: { referer } }: IncomingMessage): string {
  return referer !== undefined && URL.canParse(referer) ? new URL(referer).origin : "null";
}

/** Checks the option `allowedOrigins`, and converts origins to the form in which browsers send them. */
export function checkOriginRule(name: string, value: unknown): OriginRule {
  if (typeof value === "function") {
    return value as OriginRule;
  }
  return Array.isArray(value) ? value.map((one) => checkedOrigin(name, one)) : checkedOrigin(name, value);
}

function checkedOrigin(name: string, value: unknown): string | RegExp {
  if (value === "*") {
    return EVERY_ORIGIN;
  }
  const origin =
    value instanceof RegExp ? value : typeof value === "string" ? serialisedOrigin(value) : undefined;
  if (origin === undefined) {
    const expected =
      'an origin such as "https://example.com", a regular expression, a list of these or a function (origin, req)';
    throw codedError("INVALID_OPTION", name, expected, describeValue(value));
  }
  return origin;
}

const EVERY_ORIGIN = /^/;

function listed(rules: readonly (string | RegExp)[]): (origin: string) => boolean {
  return (origin) =>
    rules.some((rule) =>
      // unlike test(), search() ignores lastIndex, which regular expressions with the flags g and y have
      typeof rule === "string" ? rule === origin : origin.search(rule) !== -1,
    );
}

function asked(rule: Exclude<OriginRule, string | RegExp | readonly unknown[]>) {
  return (origin: string, req: IncomingMessage): boolean | Promise<boolean> => {
    try {
      const answer: unknown = rule(origin, req);
      return isPromise(answer)
        ? Promise.resolve(answer).then(
            (late) => late === true,
            () => false,
          )
        : answer === true;
    } catch {
      return false;
    }
  };
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === "function";
}
