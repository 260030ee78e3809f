/** The observations of a server. */

/** The observations in each step, and at the end: lines. */
export type Trace = string[][];

/** Precedes the message of an error that an adapter of npm has thrown. */
export const OF_ADAPTER = "in the adapter: ";

/** An error that ends a process, unless an adapter of npm has thrown it. */
export function isUncaught(line: string): boolean {
  const [, rest] = /^UN(?:CAUGHT|HANDLED) (.*)$/s.exec(line) ?? [];
  return rest !== undefined && !rest.startsWith(OF_ADAPTER);
}

/** The report of a guard, which only this library makes. */
export function isGuardLine(line: string, code?: string): boolean {
  return code ? line === `guard ${code}` : line.startsWith("guard ");
}

export function withoutGuardLines(lines: string[]): string[] {
  return lines.filter((line) => !isGuardLine(line));
}
