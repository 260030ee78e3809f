/** Says whether the installed engine.io and ws are versions that the fast path was tested with. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** A version below, and those from `below` on, are served without the fast path. */
interface Range {
  readonly from: string;
  readonly below: string;
}

/** The ranges of package.json. */
const TESTED = {
  "engine.io": { from: "6.6.13", below: "6.7.0" },
  ws: { from: "8.23.0", below: "9.0.0" },
} as const satisfies Record<string, Range>;

/** Names an installed version that was not tested; undefined if there is none. */
export function untestedVersion(): string | undefined {
  const installed: Record<keyof typeof TESTED, string | undefined> = {
    "engine.io": versionOf(() => manifestBeside(require.resolve("engine.io"))),
    ws: versionOf(() => require("ws/package.json")),
  };
  for (const name of ["engine.io", "ws"] as const) {
    const version = installed[name];
    if (version !== undefined && !isWithin(version, TESTED[name])) {
      return `${name} ${version}`;
    }
  }
  return undefined;
}

/** The version in a manifest; undefined where it cannot be read, as in a bundle. */
function versionOf(readManifest: () => unknown): string | undefined {
  try {
    const { version } = readManifest() as { version?: unknown };
    return typeof version === "string" ? version : undefined;
  } catch {
    return undefined;
  }
}

/** engine.io does not export its manifest: it lies in the folder above the entry. */
function manifestBeside(entry: string): unknown {
  return JSON.parse(readFileSync(join(dirname(entry), "../package.json"), "utf8"));
}

export function isWithin(version: string, { from, below }: Range): boolean {
  return compare(version, from) >= 0 && compare(version, below) < 0;
}

/** Compares major, minor and patch; a pre-release counts as its release. */
function compare(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split(/[.+-]/, 3).map(Number));
  const different = left.findIndex((part, i) => part !== right[i]);
  return different === -1 ? 0 : left[different] - right[different];
}
