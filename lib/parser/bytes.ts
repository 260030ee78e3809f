/** Detects binary values in the data of a packet, at any depth and without recursion. */

/** An array or object that is being searched. */
interface Level {
  /** The value before `toJSON()` was called. */
  readonly of: object;
  readonly members: readonly unknown[];
  next: number;
}

/** The depth at which the search first checks for circular references. */
const CIRCLE_CHECK_LEVEL = 1_024;

/** The depth at which the search ends, since a `toJSON()` that always returns new objects would make it infinite. */
const MAX_LEVEL = 1_000_000;

/**
 * Whether a packet with these data has attachments. Returns `false` for circular references, for which `JSON.stringify()`
 * then throws a clear error.
 */
export function hasBytes(data: readonly unknown[]): boolean {
  const levels: Level[] = [{ of: data, members: data, next: 0 }];
  let suspicious = CIRCLE_CHECK_LEVEL;
  for (let level: Level | undefined = levels[0]; level; level = levels[levels.length - 1]) {
    if (level.next === level.members.length) {
      levels.pop();
      continue;
    }
    const found = level.members[level.next++];
    if (typeof found !== "object" || found === null) {
      continue;
    }
    if (isBytes(found)) {
      return true;
    }
    const value = valueInJson(found);
    if (typeof value !== "object" || value === null) {
      continue;
    }
    if (isBytes(value)) {
      return true;
    }
    levels.push({ of: found, members: Array.isArray(value) ? value : Object.values(value), next: 0 });
    if (levels.length === suspicious) {
      if (isCircle(levels) || levels.length > MAX_LEVEL) {
        return false;
      }
      suspicious *= 2;
    }
  }
  return false;
}

/** Returns the value that `JSON.stringify()` encodes in place of an object. */
function valueInJson(value: object): unknown {
  const { toJSON } = value as { toJSON?: unknown };
  return typeof toJSON === "function" && !Array.isArray(value) ? toJSON.call(value) : value;
}

function isCircle(levels: readonly Level[]): boolean {
  return new Set(levels.map(({ of }) => of)).size < levels.length;
}

function isBytes(value: object): boolean {
  return value instanceof ArrayBuffer || ArrayBuffer.isView(value) || value instanceof Blob;
}
