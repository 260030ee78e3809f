/** Checks of single option values: what each gives back is what counts. */
import { codedError, describeValue } from "../errors";
import { checkNames } from "./names";

/** Gives the value as it counts, or throws an `INVALID_OPTION` error. */
export type Check = (name: string, value: unknown) => unknown;

/** The largest delay of a Node.js timer; a longer one would fire at once. */
const MAX_TIMER = 2 ** 31 - 1;

/** Checks a number of milliseconds; a numeric string, as from the environment, counts as one. */
export function milliseconds(name: string, value: unknown): number {
  return amount(name, value, "a number of milliseconds", MAX_TIMER);
}

/** Checks a number of milliseconds that no timer is set to. */
export function duration(name: string, value: unknown): number {
  return amount(name, value, "a number of milliseconds", Number.POSITIVE_INFINITY);
}

export function bytes(name: string, value: unknown): number {
  return amount(name, value, "a number of bytes", Number.POSITIVE_INFINITY);
}

/** Checks a limit: how many of something there may be. */
export function count(name: string, value: unknown): number {
  return amount(name, value, "a number", Number.POSITIVE_INFINITY);
}

function amount(name: string, value: unknown, expected: string, largest: number): number {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof number !== "number" || Number.isNaN(number) || number < 0) {
    throw codedError("INVALID_OPTION", name, expected, describeValue(value));
  }
  if (number > largest) {
    throw codedError("INVALID_OPTION", name, `${expected} of at most ${largest}`, describeValue(value));
  }
  return number;
}

export function ofType(type: "string" | "function" | "boolean", expected: string): Check {
  return (name, value) => {
    if (typeof value !== type) {
      throw codedError("INVALID_OPTION", name, expected, describeValue(value));
    }
    return value;
  };
}

export function oneOf(...allowed: readonly string[]): Check {
  return (name, value) => {
    if (!allowed.includes(value as string)) {
      const expected = allowed.map((one) => JSON.stringify(one)).join(" or ");
      throw codedError("INVALID_OPTION", name, expected, describeValue(value));
    }
    return value;
  };
}

/**
 * Checks an object member by member, and gives a frozen copy. Members that are `undefined` or `null` count as not given;
 * one that is not known is refused, since a limit that is misspelt guards nothing.
 */
export function members(checks: Readonly<Record<string, Check>>, example: string): Check {
  return (name, value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw codedError("INVALID_OPTION", name, `an object such as ${example}`, describeValue(value));
    }
    checkNames(value, Object.keys(checks), `${name}.`);
    const checked: Record<string, unknown> = {};
    for (const [key, member] of Object.entries(value)) {
      if (member === undefined || member === null) {
        continue;
      }
      if (!Object.hasOwn(checks, key)) {
        const known = Object.keys(checks).join(", ");
        throw codedError("INVALID_OPTION", `${name}.${key}`, `one of ${known}`, "another name");
      }
      checked[key] = checks[key](`${name}.${key}`, member);
    }
    return Object.freeze(checked);
  };
}
