/** Estimates how much memory a value that a parser has just created needs in the heap of V8. */
import { textWeight } from "./text-weight";

/** The memory for an empty object, including space for four members; for an empty array; and for the elements of an array. */
const OBJECT_WEIGHT = 56;
const ARRAY_WEIGHT = 32;
const ELEMENTS_WEIGHT = 16;

/** The number of members for which an empty object has space. */
const INLINE_MEMBERS = 4;

/** The memory for a reference, and for a number that does not fit into one. */
const REFERENCE_WEIGHT = 8;
const NUMBER_WEIGHT = 16;

/** The memory for the first use of a key: its string, and a new shape of objects or an entry of a dictionary. */
const KEY_WEIGHT = 80;

/** The memory for a dictionary of members whose keys are whole numbers, and for each of these members. */
const NUMBERED_WEIGHT = 128;
const NUMBERED_MEMBER_WEIGHT = 24;

/** The depth up to which a value is searched by recursion. */
const MAX_RECURSION = 1_000;

/** The most bytes of memory that one character of JSON may need, as in a text of `[{}],[{}],…`. */
export const MAX_WEIGHT_OF_CHARACTER = 24;

/** The state of a search. */
interface Search {
  /** The weight that is left before the maximum is reached. */
  left: number;
  /** The keys that were found. */
  readonly keys: Set<string>;
  /** The containers that are too deep for recursion. */
  readonly deep: object[];
}

/** Whether a decoded value, which does not refer to itself, needs more than `max` bytes of memory. */
export function isHeavier(value: unknown, max: number): boolean {
  const search: Search = { left: max, keys: new Set(), deep: [] };
  subtract(value, 1, search);
  for (let deep = search.deep.pop(); deep && search.left >= 0; deep = search.deep.pop()) {
    subtractMembers(deep, 1, search);
  }
  return search.left < 0;
}

function subtract(value: unknown, level: number, search: Search): void {
  if (typeof value === "string") {
    // V8 shares the strings of one character
    search.left -= value.length > 1 ? textWeight(value) : 0;
  } else if (typeof value === "number") {
    search.left -= (value | 0) === value ? 0 : NUMBER_WEIGHT;
  } else if (typeof value === "object" && value !== null) {
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
      search.left -= value.byteLength;
    } else if (level > MAX_RECURSION) {
      search.deep.push(value);
    } else {
      subtractMembers(value, level, search);
    }
  }
}

function subtractMembers(container: object, level: number, search: Search): void {
  if (Array.isArray(container)) {
    search.left -= ARRAY_WEIGHT;
    if (container.length > 0) {
      search.left -= ELEMENTS_WEIGHT + container.length * REFERENCE_WEIGHT;
    }
    for (let i = 0; i < container.length && search.left >= 0; i++) {
      subtract(container[i], level + 1, search);
    }
    return;
  }
  search.left -= OBJECT_WEIGHT;
  let named = 0;
  let numbered = 0;
  for (const key in container) {
    if (isNumbered(key)) {
      search.left -= numbered++ === 0 ? NUMBERED_WEIGHT : NUMBERED_MEMBER_WEIGHT;
    } else {
      search.left -= named++ < INLINE_MEMBERS ? 0 : REFERENCE_WEIGHT;
      if (!search.keys.has(key)) {
        search.keys.add(key);
        search.left -= KEY_WEIGHT + key.length;
      }
    }
    subtract((container as Record<string, unknown>)[key], level + 1, search);
    if (search.left < 0) {
      return;
    }
  }
}

/** Whether a key is a whole number, as far as its first character shows. */
function isNumbered(key: string): boolean {
  const first = key.charCodeAt(0);
  return first >= 48 && first <= 57;
}
