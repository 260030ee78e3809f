/** Finds the bytes in what is to be sent, however deep they are, without recursion. */

/** An array or object that is being looked through. */
interface Level {
  /** The value as it was found. */
  readonly of: object;
  readonly members: readonly unknown[];
  next: number;
}

/** From so many levels on, it is found out whether they go round in circles. */
const SUSPICIOUS = 1_024;

/** What is deeper is made while one looks at it. */
const ENDLESS = 1_000_000;

/**
 * Whether a packet with these data has attachments. What goes round in circles has none: it cannot be written as JSON
 * either, which says so.
 */
export function hasBytes(data: readonly unknown[]): boolean {
  const levels: Level[] = [{ of: data, members: data, next: 0 }];
  let suspicious = SUSPICIOUS;
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
    const value = asInJson(found);
    if (typeof value !== "object" || value === null) {
      continue;
    }
    if (isBytes(value)) {
      return true;
    }
    levels.push({ of: found, members: Array.isArray(value) ? value : Object.values(value), next: 0 });
    if (levels.length === suspicious) {
      if (isCircle(levels) || levels.length > ENDLESS) {
        return false;
      }
      suspicious *= 2;
    }
  }
  return false;
}

/** What stands for an object that decides by itself what it is in JSON. */
function asInJson(value: object): unknown {
  const { toJSON } = value as { toJSON?: unknown };
  return typeof toJSON === "function" && !Array.isArray(value) ? toJSON.call(value) : value;
}

function isCircle(levels: readonly Level[]): boolean {
  return new Set(levels.map(({ of }) => of)).size < levels.length;
}

function isBytes(value: object): boolean {
  return value instanceof ArrayBuffer || ArrayBuffer.isView(value) || value instanceof Blob;
}
