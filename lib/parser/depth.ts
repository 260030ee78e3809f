/** Detects packets whose data are nested too deeply, encoded or decoded, without overflowing the stack. */

const QUOTE = '"'.charCodeAt(0);
const BACKSLASH = "\\".charCodeAt(0);
const SLASH = "/".charCodeAt(0);
const OPENING_BRACKET = "[".charCodeAt(0);
const CLOSING_BRACKET = "]".charCodeAt(0);
const OPENING_BRACE = "{".charCodeAt(0);
const CLOSING_BRACE = "}".charCodeAt(0);
const BINARY_EVENT = "5".charCodeAt(0);
const BINARY_ACK = "6".charCodeAt(0);

/** Returns the length up to which a text cannot be deeper than `max` levels, since each level has two brackets. */
export function flatLength(max: number): number {
  return 2 * max;
}

/**
 * Whether the JSON of an encoded packet (Socket.IO protocol 5, "Packet encoding") is nested deeper than `max` levels.
 */
export function textIsDeeper(text: string, max: number): boolean {
  const start = startOfData(text);
  return start !== -1 && opensMore(text, start, max) && deepest(text, start, max) > max;
}

/** Returns the index at which the packet id or the data begin; -1 if there are none. */
function startOfData(text: string): number {
  const kind = text.charCodeAt(0);
  let index = 1;
  if (kind === BINARY_EVENT || kind === BINARY_ACK) {
    index = text.indexOf("-") + 1;
    if (index === 0) {
      return -1;
    }
  }
  if (text.charCodeAt(index) !== SLASH) {
    return index;
  }
  // skips the namespace, whose name may contain quotes and brackets
  const comma = text.indexOf(",", index);
  return comma === -1 ? -1 : comma + 1;
}

/** Whether the text has more than `max` opening brackets. This fast check is sufficient for nearly all packets. */
function opensMore(text: string, start: number, max: number): boolean {
  let opened = 0;
  for (const bracket of ["[", "{"]) {
    for (let i = text.indexOf(bracket, start); i !== -1; i = text.indexOf(bracket, i + 1)) {
      if (++opened > max) {
        return true;
      }
    }
  }
  return false;
}

/** Returns the depth of the text, or `max + 1` if it is deeper than `max`. */
function deepest(text: string, start: number, max: number): number {
  let depth = 0;
  for (let i = start; i < text.length && depth <= max; i++) {
    switch (text.charCodeAt(i)) {
      case OPENING_BRACKET:
      case OPENING_BRACE:
        depth++;
        break;
      case CLOSING_BRACKET:
      case CLOSING_BRACE:
        depth--;
        break;
      case QUOTE:
        i = endOfString(text, i);
        break;
    }
  }
  return depth;
}

/** Returns the index of the quote that ends the string which begins at `start`. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let before = end - 1;
    while (text.charCodeAt(before) === BACKSLASH) {
      before--;
    }
    // the quote is escaped if the number of backslashes before it is odd
    if ((end - before) % 2 === 1) {
      return end;
    }
  }
  return text.length;
}

/** The depth up to which a value is searched by recursion, which allocates nothing. */
const MAX_RECURSION = 1_000;

/**
 * The number of members that are searched by recursion, at most. Objects that refer to each other may have far more paths
 * than members, and a sparse array has a large length without having members.
 */
const MAX_MEMBERS = 4_000_000;

/** A container whose members are being searched. */
interface Level {
  readonly container: object;
  readonly members: readonly unknown[];
  next: number;
  /** The number of levels of the container, as far as its members have been searched. */
  height: number;
}

/** Whether a value is nested deeper than `max` levels. A reference to an enclosing container is not a level. */
export function valueIsDeeper(value: unknown, max: number): boolean {
  return (
    isContainer(value) &&
    leftAfter(value, Math.min(max, MAX_RECURSION), MAX_MEMBERS) < 0 &&
    isDeeperOnAnyPath(value, max)
  );
}

/**
 * Searches a container of at most `levels` levels and `left` members. Returns how many more members it may have, or a
 * negative number if it has more levels or members.
 */
function leftAfter(container: object, levels: number, left: number): number {
  if (levels < 1) {
    return -1;
  }
  if (Array.isArray(container)) {
    for (let i = 0; i < container.length && left >= 0; i++) {
      left--;
      if (isContainer(container[i])) {
        left = leftAfter(container[i], levels - 1, left);
      }
    }
    return left;
  }
  for (const key in container) {
    left--;
    const member = (container as Record<string, unknown>)[key];
    if (isContainer(member)) {
      left = leftAfter(member, levels - 1, left);
    }
    if (left < 0) {
      break;
    }
  }
  return left;
}

/** Whether a value is deeper than `max` levels. Searches each container once, without recursion. */
function isDeeperOnAnyPath(root: object, max: number): boolean {
  // the height of each container that was searched; 0 as long as its members are being searched
  const heights = new Map<object, number>([[root, 0]]);
  const path: Level[] = [levelOf(root)];
  for (let level: Level | undefined = path[0]; level; level = path[path.length - 1]) {
    if (path.length > max) {
      return true;
    }
    let height = 1;
    if (level.next === level.members.length) {
      path.pop();
      height = level.height;
      heights.set(level.container, height);
    } else {
      const member = level.members[level.next++];
      if (!isContainer(member)) {
        continue;
      }
      if (!isEmpty(member)) {
        const known = heights.get(member);
        if (known === undefined) {
          heights.set(member, 0);
          path.push(levelOf(member));
        }
        if (!known) {
          continue;
        }
        height = known;
      }
    }
    const outer = path[path.length - 1];
    if (outer) {
      outer.height = Math.max(outer.height, height + 1);
      if (path.length + height > max) {
        return true;
      }
    }
  }
  return false;
}

function levelOf(container: object): Level {
  return { container, members: Object.values(container), next: 0, height: 1 };
}

function isEmpty(container: object): boolean {
  if (Array.isArray(container)) {
    return container.length === 0;
  }
  for (const _key in container) {
    return false;
  }
  return true;
}

function isContainer(value: unknown): value is object {
  return (
    typeof value === "object" &&
    value !== null &&
    !ArrayBuffer.isView(value) &&
    !(value instanceof ArrayBuffer)
  );
}
