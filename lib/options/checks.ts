/** Functions that check the value of one option, and return it in the form that the library uses. */
import { codedError, describeValue, unknownProperty } from "../errors";
import { checkNames } from "./names";

/** Returns the value in the form that the library uses, or throws an `INVALID_OPTION` error. */
export type Check = (name: string, value: unknown) => unknown;

/** The largest delay of a Node.js timer, in milliseconds. A timer with a longer delay fires at once. */
export const MAX_TIMER = 2 ** 31 - 1;

/** Checks the delay of a timer, in milliseconds. A numeric string, as from the environment, is accepted too. */
export function milliseconds(name: string, value: unknown): number {
  return amount(name, value, "a number of milliseconds", MAX_TIMER);
}

/** Checks a number of milliseconds that is not used as the delay of a timer, so it has no upper limit. */
export function duration(name: string, value: unknown): number {
  return amount(name, value, "a number of milliseconds", Number.POSITIVE_INFINITY);
}

export function bytes(name: string, value: unknown): number {
  return amount(name, value, "a number of bytes", Number.POSITIVE_INFINITY);
}

/** Checks the maximum number of something. */
export function count(name: string, value: unknown): number {
  return amount(name, value, "a number", Number.POSITIVE_INFINITY);
}

function amount(name: string, value: unknown, expected: string, largest: number): number {
  const number = numberIn(value);
  if (typeof number !== "number" || Number.isNaN(number) || number < 0) {
    throw codedError("INVALID_OPTION", name, expected, describeValue(value));
  }
  if (number > largest) {
    throw codedError("INVALID_OPTION", name, `${expected} of at most ${largest}`, describeValue(value));
  }
  return number;
}

/** Returns the number in a numeric string, as from the environment; other values as they are. */
export function numberIn(value: unknown): unknown {
  return typeof value === "string" && value.trim() !== "" ? Number(value) : value;
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
 * Returns a check for an object that checks each property and returns a frozen copy. Properties that are `undefined` or
 * `null` are left out. An unknown property is an error, since a misspelt limit would have no effect.
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
        throw unknownProperty(`${name}.${key}`, Object.keys(checks));
      }
      checked[key] = checks[key](`${name}.${key}`, member);
    }
    return Object.freeze(checked);
  };
}
