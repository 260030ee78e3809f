/** Tells whether arrays and objects are nested deeper than they may be, without recursion. */

const QUOTE = '"'.charCodeAt(0);
const BACKSLASH = "\\".charCodeAt(0);
const SLASH = "/".charCodeAt(0);
const OPENING_BRACKET = "[".charCodeAt(0);
const CLOSING_BRACKET = "]".charCodeAt(0);
const OPENING_BRACE = "{".charCodeAt(0);
const CLOSING_BRACE = "}".charCodeAt(0);
const BINARY_EVENT = "5".charCodeAt(0);
const BINARY_ACK = "6".charCodeAt(0);

/** Packets up to this length cannot be deeper: what is opened has to be closed as well. */
export function flatLength(most: number): number {
  return 2 * most;
}

/** Whether the JSON of an encoded packet (Socket.IO protocol 5, "Packet encoding") is nested deeper than `most` levels. */
export function textIsDeeper(text: string, most: number): boolean {
  const start = startOfData(text);
  return start !== -1 && opensMore(text, start, most) && deepest(text, start, most) > most;
}

/** Where the packet id or the data begin; -1 if there are none. */
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
  // the name of a namespace may have quotes and brackets of its own
  const comma = text.indexOf(",", index);
  return comma === -1 ? -1 : comma + 1;
}

/** Whether there are so many brackets at all: that is found out quickly, and nearly always enough. */
function opensMore(text: string, start: number, most: number): boolean {
  let opened = 0;
  for (const bracket of ["[", "{"]) {
    for (let i = text.indexOf(bracket, start); i !== -1; i = text.indexOf(bracket, i + 1)) {
      if (++opened > most) {
        return true;
      }
    }
  }
  return false;
}

/** How many levels are open at most, looking no further than `most` is exceeded. */
function deepest(text: string, start: number, most: number): number {
  let depth = 0;
  for (let i = start; i < text.length && depth <= most; i++) {
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

/** Where the string ends that begins at `start`. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let before = end - 1;
    while (text.charCodeAt(before) === BACKSLASH) {
      before--;
    }
    // an even number of backslashes is a number of backslashes, an odd one leaves one for the quote
    if ((end - before) % 2 === 1) {
      return end;
    }
  }
  return text.length;
}

/** Whether a value is nested deeper than `most` levels; what it refers to more than once is looked at once. */
export function valueIsDeeper(value: unknown, most: number): boolean {
  const seen = new Set<object>();
  let level: object[] = isContainer(value) ? [value] : [];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > most) {
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
