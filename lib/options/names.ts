/** Detects misspelt names of options, and finds the name that was meant. */
import { misspeltOption } from "../errors";

/**
 * The maximum number of wrong letters in a misspelt name, for names of at most 7 letters and for longer names. A name with
 * more wrong letters counts as another name.
 */
const WRONG_IN_SHORT = 1;
const WRONG_IN_LONG = 2;

/**
 * Throws an `INVALID_OPTION` error if a property has a misspelt name. Accepts other unknown names, since frameworks add
 * their own options.
 */
export function checkNames(given: object, known: readonly string[], parent = ""): void {
  for (const name in given) {
    const value: unknown = (given as Record<string, unknown>)[name];
    const meant = value === undefined || value === null ? undefined : misspeltNameOf(name, known);
    if (meant !== undefined) {
      throw misspeltOption(parent + name, parent + meant);
    }
  }
}

/** Returns the known name that a misspelt name resembles; `undefined` if the name is known or resembles none. */
export function misspeltNameOf(name: string, known: readonly string[]): string | undefined {
  // options of Socket.IO 0.9 have names with spaces, such as "destroy upgrade"
  if (known.includes(name) || name.includes(" ")) {
    return undefined;
  }
  const letters = lettersOf(name);
  const max = letters.length > 7 ? WRONG_IN_LONG : WRONG_IN_SHORT;
  return known.find((candidate) => wrongLetters(letters, lettersOf(candidate)) <= max);
}

function lettersOf(name: string): string {
  return name.replace(/[-_]/g, "").toLowerCase();
}

/**
 * Returns the number of letters that are missing, added, wrong, or swapped with the next one (optimal string alignment
 * distance).
 */
function wrongLetters(one: string, other: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i++) {
    const current = [i];
    for (let j = 1; j <= other.length; j++) {
      const isSame = one[i - 1] === other[j - 1];
      const isSwapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      current[j] = Math.min(
        last[j] + 1,
        current[j - 1] + 1,
        last[j - 1] + (isSame ? 0 : 1),
        isSwapped ? beforeLast[j - 2] + 1 : Number.POSITIVE_INFINITY,
      );
    }
    beforeLast = last;
    last = current;
  }
  return last[other.length];
}
