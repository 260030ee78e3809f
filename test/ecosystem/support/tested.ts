/** Suites about a component that others have made, as docs/ecosystem.md lists them. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { findProgram, type Program } from "./programs";

/** What a suite is about. */
export interface Subject {
  /** The part of the table: "Adapters", "Clients", "Frameworks", "Proxies", "Tools" or "Runtimes". */
  area: string;
  /** As people call it, such as "Redis adapter". */
  name: string;
  /** The npm packages that are used, whose versions are listed. */
  packages?: string[];
  /** The programs that are needed; where one is missing, the suite is skipped, or fails with REQUIRE_SERVICES=1. */
  programs?: Program[];
  /** What else is to be known, in a sentence. */
  remark?: string;
}

/** What the reporter finds on a suite. */
export interface TestedSuite extends Mocha.Suite {
  tested?: Subject & { versions: string[] };
}

/** A suite about a component. */
export function tested(subject: Subject, body: (this: Mocha.Suite) => void): void {
  const suite: TestedSuite = describe(`${subject.area}: ${subject.name}`, function () {
    before(function () {
      const missing = (subject.programs ?? []).filter((program) => findProgram(program) === undefined);
      if (missing.length === 0) {
        return;
      }
      const advice = missing.map(({ name, debian }) => `${name} is not found: ${debian}`).join("; ");
      if (process.env.REQUIRE_SERVICES === "1") {
        throw new Error(advice);
      }
      console.log(advice);
      this.skip();
    });
    body.call(this);
  });
  suite.tested = { ...subject, versions: versionsOf(subject) };
}

function versionsOf({ packages = [], programs = [] }: Subject): string[] {
  return [
    ...packages.map((name) => `${name} ${versionOf(name)}`),
    ...programs.map((program) => `${program.name} ${findProgram(program) ? program.version() : "missing"}`),
  ];
}

/** The installed version of an npm package; its manifest need not be exported. */
export function versionOf(name: string): string {
  for (let directory = __dirname; directory !== dirname(directory); directory = dirname(directory)) {
    const manifest = join(directory, "node_modules", name, "package.json");
    if (existsSync(manifest)) {
      return JSON.parse(readFileSync(manifest, "utf8")).version;
    }
  }
  return "missing";
}
