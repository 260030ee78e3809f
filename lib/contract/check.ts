/** Checks values with the schemas of a contract: at once or, if a schema is asynchronous, later. */
import { escaped } from "../texts";
import type { StandardIssue, StandardResult, StandardSchemaV1 } from "./standard-schema";
import type { Issue } from "./types";

/** The value that takes the place of the checked one, or the issues. */
export type Outcome<Value = unknown> =
  | { readonly value: Value; readonly issues?: undefined }
  | { readonly issues: readonly Issue[]; readonly value?: undefined };

/** An outcome, or the promise of one if a schema is asynchronous. */
export type Pending<Value = unknown> = Outcome<Value> | Promise<Outcome<Value>>;

/** The maxima of an outcome: a client can cause any number of issues, with paths of any length. */
const MAX_ISSUES = 10;
const MAX_PARTS = 16;
const MAX_CHARACTERS = 200;

/** The message about an additional argument. */
export const NO_SUCH_ARGUMENT = "There is no such argument";

/** Checks the arguments of an event, each with `check`. */
export function checkArguments(
  schemas: readonly StandardSchemaV1[],
  args: readonly unknown[],
  check = checkReceived,
): Pending<unknown[]> {
  if (args.length > schemas.length) {
    return { issues: [{ path: [schemas.length], message: NO_SUCH_ARGUMENT }] };
  }
  const outcomes: Pending[] = [];
  let isLater = false;
  for (let index = 0; index < schemas.length; index++) {
    const outcome = check(schemas[index], args[index], [index]);
    isLater ||= isPromise(outcome);
    outcomes.push(outcome);
  }
  return isLater ? Promise.all(outcomes).then(joined) : joined(outcomes as Outcome[]);
}

function joined(outcomes: readonly Outcome[]): Outcome<unknown[]> {
  const issues = outcomes.flatMap((outcome) => outcome.issues ?? []);
  return issues.length > 0
    ? { issues: issues.slice(0, MAX_ISSUES) }
    : { value: outcomes.map(({ value }) => value) };
}

/**
 * Checks an argument or an answer that was received. JSON turns `undefined` into `null` there; so if the schema refuses
 * `null`, checks `undefined` instead.
 */
export function checkReceived(
  schema: StandardSchemaV1,
  value: unknown,
  parent?: readonly (string | number)[],
): Pending {
  const pending = checkValue(schema, value, parent);
  if (value !== null) {
    return pending;
  }
  const orUndefined = (refused: Outcome): Pending =>
    refused.issues
      ? mapped(checkValue(schema, undefined, parent), (outcome) => (outcome.issues ? refused : outcome))
      : refused;
  return mapped(pending, orUndefined);
}

function mapped(pending: Pending, change: (outcome: Outcome) => Pending): Pending {
  return isPromise(pending) ? pending.then(change) : change(pending);
}

/** Checks one value. A schema that throws or rejects counts as an issue. The paths of the issues begin with `parent`. */
export function checkValue(
  schema: StandardSchemaV1,
  value: unknown,
  parent: readonly (string | number)[] = [],
): Pending {
  try {
    const result = schema["~standard"].validate(value);
    return isPromise(result)
      ? Promise.resolve(result)
          .then((later) => outcomeOf(later, parent))
          .catch(() => failed(parent))
      : outcomeOf(result, parent);
  } catch {
    return failed(parent);
  }
}

function outcomeOf(result: StandardResult<unknown>, parent: readonly (string | number)[]): Outcome {
  if (!result.issues) {
    return { value: result.value };
  }
  // copied, since arktype returns instances of subclasses of Array, whose map() returns such instances too
  const issues = [...result.issues].slice(0, MAX_ISSUES).map((issue) => ({
    path: [...parent, ...pathOf(issue)],
    message: String(issue.message).slice(0, MAX_CHARACTERS),
  }));
  return issues.length > 0 ? { issues } : failed(parent);
}

/** Without the error of the schema, which may quote the value. */
function failed(path: readonly (string | number)[]): Outcome {
  return { issues: [{ path, message: "The schema has failed" }] };
}

function pathOf({ path = [] }: StandardIssue): (string | number)[] {
  return [...path].slice(0, MAX_PARTS).map((part) => {
    const key = typeof part === "object" ? part.key : part;
    return typeof key === "number" ? key : escaped(key, MAX_CHARACTERS);
  });
}

/** Whether the result of a schema is a promise. */
export function isPromise<Value>(value: Value | Promise<Value>): value is Promise<Value> {
  return typeof (value as { then?: unknown } | undefined)?.then === "function";
}

/** Returns the paths of issues as a text for a log, such as `0.room, 0.users[2]`, without any value. */
export function pathsOf(issues: readonly Issue[]): string {
  const [first, second, third, ...more] = issues.map(({ path }) => pathText(path));
  const shown = [first, second, third].filter((path) => path !== undefined);
  return [...new Set(shown)].join(", ") + (more.length > 0 ? ", …" : "");
}

function pathText(path: readonly (string | number)[]): string {
  return path.length === 0 ? "its root" : escaped(path.join("."), MAX_CHARACTERS);
}
