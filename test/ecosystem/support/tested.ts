/** Suites about published components, which docs/ecosystem.md lists. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { findProgram, type Program } from "./programs";

/** The component of a suite. */
export interface Subject {
  /** The group in docs/ecosystem.md: "Adapters", "Clients", "Frameworks", "Proxies", "Tools" or "Runtimes". */
  area: string;
  /** The library, such as "nginx", which has one row. What the suite is about may follow: "nginx: wrong configurations". */
  name: string;
  /** The npm packages whose versions are listed. */
  packages?: string[];
  /** The required programs. If one is missing, the suite is skipped, or fails with REQUIRE_SERVICES=1. */
  programs?: Program[];
  /** What a user of the library has to know, as sentences. */
  remark?: string;
  /** How the tests use the library, as sentences. */
  method?: string;
}

/** A suite with the data for the reporter. */
export interface TestedSuite extends Mocha.Suite {
  tested?: Subject & { versions: string[] };
}

/** Defines a suite about a component. */
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

/** The installed version of an npm package, whose manifest may not be exported. */
export function versionOf(name: string): string {
  for (let directory = __dirname; directory !== dirname(directory); directory = dirname(directory)) {
    const manifest = join(directory, "node_modules", name, "package.json");
    if (existsSync(manifest)) {
      return JSON.parse(readFileSync(manifest, "utf8")).version;
    }
  }
  return "missing";
}
