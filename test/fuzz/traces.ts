/** What was seen of a server. */

/** What was seen in each step, and at the end: lines. */
export type Trace = string[][];

/** A guard has fired: only this library tells. */
export function isGuardLine(line: string, code?: string): boolean {
  return code ? line === `guard ${code}` : line.startsWith("guard ");
}

export function withoutGuardLines(lines: string[]): string[] {
  return lines.filter((line) => !isGuardLine(line));
}
