/** Detects packets whose data are nested too deeply, encoded or decoded, without recursion. */

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

/** Whether a value is nested deeper than `max` levels. Objects that are referenced repeatedly are searched once. */
export function valueIsDeeper(value: unknown, max: number): boolean {
  const seen = new Set<object>();
  let level: object[] = isContainer(value) ? [value] : [];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > max) {
      return true;
    }
    const next: object[] = [];
    for (const container of level) {
      for (const member of Array.isArray(container) ? container : Object.values(container)) {
        if (isContainer(member) && !seen.has(member)) {
          seen.add(member);
          next.push(member);
        }
      }
    }
    level = next;
  }
  return false;
}

function isContainer(value: unknown): value is object {
  return (
    typeof value === "object" &&
    value !== null &&
    !ArrayBuffer.isView(value) &&
    !(value instanceof ArrayBuffer)
  );
}
