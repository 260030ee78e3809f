/** The observations of a server. */

/** The observations in each step, and at the end: lines. */
export type Trace = string[][];

/** The report of a guard, which only this library makes. */
export function isGuardLine(line: string, code?: string): boolean {
  return code ? line === `guard ${code}` : line.startsWith("guard ");
}

export function withoutGuardLines(lines: string[]): string[] {
  return lines.filter((line) => !isGuardLine(line));
}
