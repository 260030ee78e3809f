/** Copies, shortens and quotes texts that clients have chosen. */

/**
 * Returns a copy of a string. A string that is cut from a larger one, such as the name of a namespace from a message,
 * keeps the larger one in memory, so a string that outlives its message must be copied.
 */
export function copyOf(text: string): string {
  return JSON.parse(JSON.stringify(text));
}
