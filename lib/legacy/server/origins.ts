/** Decides which pages may connect, by the option origins of Socket.IO 0.x. */
import { codedError, describeValue } from "../../errors";

/** Decides whether the pages of an origin, such as `https://example.com`, may connect. */
export type OriginTest = (origin: string | undefined) => boolean;

/** One entry of the option: a host and a port, each of which may be `*`. */
const ENTRY = /^(\*|[^\s:,/]+|\[[\da-f:.]+\]):(\*|\d+)$/i;

const DEFAULT_PORTS: Readonly<Record<string, string>> = { "http:": "80", "https:": "443" };

/** Checks the option, and returns its entries. */
export function checkedOrigins(value: unknown): string[] {
  const entries: unknown[] =
    typeof value === "string" ? value.split(/[\s,]+/).filter(Boolean) : toList(value);
  for (const entry of entries) {
    if (typeof entry !== "string" || !ENTRY.test(entry)) {
      throw invalid(entry);
    }
  }
  if (entries.length === 0) {
    throw invalid(value);
  }
  return entries as string[];
}

function toList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}

function invalid(got: unknown) {
  const expected = 'a host and a port such as "example.com:80" or "*:*", or a list of these';
  return codedError("INVALID_OPTION", "origins", expected, describeValue(got));
}

/** Whether the entries allow all pages. */
export function allowsAll(entries: readonly string[]): boolean {
  return entries.includes("*:*");
}

/** Returns the test for entries. */
export function originTest(entries: readonly string[]): OriginTest {
  const rules = entries.map((entry) => {
    const [, host = "", port = ""] = ENTRY.exec(entry) ?? [];
    return { host: host.toLowerCase(), port };
  });
  return (origin) => {
    if (origin === undefined || !URL.canParse(origin)) {
      return false;
    }
    const url = new URL(origin);
    const port = url.port || DEFAULT_PORTS[url.protocol];
    return rules.some(
      (rule) =>
        (rule.host === "*" || rule.host === url.hostname) && (rule.port === "*" || rule.port === port),
    );
  };
}
