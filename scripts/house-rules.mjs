/** The rules of the house, each as a function from a project to its violations. */
import { posix } from "node:path";

/**
 * The floors, from the top. A room imports at run time from its own floor or a lower one only. A name with a slash at its
 * end includes all files below that folder.
 */
export const floors = [
  ["legacy/", "testing/", "opentelemetry/"],
  ["wrapper"],
  ["index", "server-sent-events", "contract/server-types"],
  ["namespace", "parent-namespace", "client", "socket", "broadcast-operator", "socket-types"],
  ["server/server", "server/first-use", "server/shutdown", "server/drain", "server/intake", "server/dispose"],
  ["server/namespaces"],
  ["server/parent-namespace"],
  ["server/namespace"],
  ["client/client"],
  ["socket/socket", "client/"],
  ["contract/door"],
  ["socket/interceptors", "socket/answers", "attach/", "broadcast/", "admission/"],
  ["contract/gate", "contract/answering"],
  ["acks/", "adapter/", "guards/", "events/", "options/server-options"],
  ["connection/", "parser/", "options/"],
  ["contract/contract", "contract/check", "contract/asyncapi", "contract/turns"],
  ["contract/types", "contract/standard-schema", "contract/client-socket", "contract/asyncapi-types"],
  ["socket/types", "diagnostics", "diagnostics/", "warnings", "typed-events", "errors", "texts", "at-load"],
];

/** The type-only imports from a higher floor that the public API requires, by importing room. */
export const backReferences = {
  "server/parent-namespace": ["server/server"],
  "server/namespace": ["server/server", "client/client"],
  "socket/socket": ["server/server", "server/namespace", "client/client"],
  "client/client": ["server/server", "server/namespace", "socket/socket"],
  "broadcast/remote-socket": ["broadcast/operator"], // remoteSocket.timeout() returns an operator
  "diagnostics/messages": ["server/server", "server/namespace", "socket/socket", "options/limits"],
  "legacy/server/client": ["legacy/server/listener"],
  "legacy/server/options": ["legacy/server/listener", "legacy/server/client"],
  "typed-events": ["events/strict-emitter"], // applications import the type from this file
};

/** The largest number of lines of code of a file, without blank lines, documentation and imports. */
export const longestFile = 360;

/** Exceptions: one class each, which is not split because of its size. */
export const longFiles = {
  "lib/socket/socket.ts": 490, // the public interface of a socket, and the members that adapters and tools use
};

/** The numbers of the rows in docs/behaviour.md, each of which must be in the title of a test. */
export const rows = { first: 1, last: 92 };

/** The only file with `any`, for which the types of event maps have names. */
const homeOfAny = "lib/typed-events.ts";

/** All rules, in the order in which they report. */
export const rules = [
  knownImports,
  floorsHold,
  noCircles,
  oneSentenceFirst,
  shortFiles,
  nothingSuppressed,
  noLooseAny,
  nothingLeftToDo,
  noTestSwitchedOff,
  everyRowTested,
];

/** @param {import("./check-house.mjs").Project} project */
function* knownImports(project) {
  for (const file of project.in("lib")) {
    for (const { specifier, line } of file.imports) {
      if (specifier.startsWith(".")) {
        if (!target(project, file, specifier) && !isManifest(file, specifier)) {
          yield at(file, line, `${specifier} does not exist`);
        }
      } else if (!specifier.startsWith("node:") && !project.dependencies.includes(packageOf(specifier))) {
        yield at(file, line, `${specifier} is not a dependency of the package`);
      }
    }
  }
}

function* floorsHold(project) {
  for (const file of project.in("lib")) {
    const floor = floorOf(file);
    if (floor < 0) {
      yield at(file, 1, "is on no floor: add it to the table in scripts/house-rules.mjs");
      continue;
    }
    for (const { to, typeOnly, line } of arrows(project, file)) {
      if (floorOf(to) >= 0 && floorOf(to) < floor && !(typeOnly && isBackReference(file, to))) {
        yield at(file, line, `imports ${to.path}, which is on a higher floor`);
      }
    }
  }
}

function* noCircles(project) {
  const atRunTime = circles(project, ({ typeOnly }) => !typeOnly);
  const known = ({ from, to, typeOnly }) => typeOnly && isBackReference(from, to);
  const ofAnyKind = circles(project, (arrow) => !known(arrow));
  for (const [key, circle] of new Map([...ofAnyKind, ...atRunTime])) {
    yield `${circle.join(" -> ")}: a circle of imports${atRunTime.has(key) ? " at run time" : " of types"}`;
  }
}

function* oneSentenceFirst(project) {
  for (const file of project.in("lib")) {
    const [, sentence] = /^\/\*\* (\S.*) \*\/$/.exec(file.text.split("\n", 1)[0]) ?? [];
    if (!sentence?.endsWith(".") || /[.!?] +[A-Z]/.test(sentence)) {
      yield at(file, 1, "the first line must be the purpose of the file, as /** one sentence. */");
    }
  }
}

function* shortFiles(project) {
  for (const file of project.in("lib", "test", "examples", "scripts")) {
    const most = longFiles[file.path] ?? longestFile;
    const count = linesOfCode(file.text);
    if (count > most) {
      yield at(file, 1, `${count} lines of code, more than ${most}`);
    }
  }
}

function linesOfCode(text) {
  return text
    .replace(/^ *\/\*\*[\s\S]*?\*\/$/gm, "")
    .replace(/^import [\s\S]*?;$/gm, "")
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.trim().startsWith("//")).length;
}

function* nothingSuppressed(project) {
  for (const { file, comment } of comments(project.in("lib"))) {
    const [directive] =
      /@ts-(?:ignore|expect-error|nocheck)|biome-ignore|eslint-disable/.exec(comment.text) ?? [];
    if (directive) {
      yield at(file, comment.line, `${directive} suppresses a finding: remove its cause`);
    }
  }
}

function* noLooseAny(project) {
  for (const file of project.in("lib")) {
    if (file.path !== homeOfAny) {
      // a property may have the name any: `Promise.any`, `{ any: 1 }`
      for (const line of linesWith(file.code, /(?<![.\w$])any(?![\w$]|\??:|\()/)) {
        yield at(file, line, `"any": use unknown, or a name from ${homeOfAny}`);
      }
    }
  }
}

function* nothingLeftToDo(project) {
  for (const { file, comment } of comments(project.in("lib", "test", "examples", "scripts"))) {
    const [word] = /\b(?:TODO|FIXME|XXX)\b/.exec(comment.text) ?? [];
    if (word) {
      yield at(file, comment.line, `${word}: do it, or open an issue`);
    }
  }
}

/**
 * A test may be skipped for two reasons. The library differs from the reference server on purpose: then the line contains
 * `subjectName`. Or a service is missing: then the test detects this at run time, and the lines before contain
 * REQUIRE_SERVICES, with which the test fails instead.
 */
function* noTestSwitchedOff(project) {
  const skips =
    /\b(?:describe|context|suite|it|test|specify)\.skip\b(?!\(\))|\bx(?:it|describe|context|specify)\(/;
  for (const file of project.in("test")) {
    for (const line of linesWith(file.code, /\b(?:describe|context|suite|it|test|specify)\.only\b/)) {
      yield at(file, line, "disables all other tests");
    }
    const lines = file.code.split("\n");
    for (const line of linesWith(file.code, skips)) {
      if (!lines[line - 1].includes("subjectName")) {
        yield at(file, line, "disables a test: only tests that depend on subjectName may be disabled");
      }
    }
    for (const line of linesWith(file.code, /\.skip\(\)/)) {
      if (
        !lines
          .slice(Math.max(0, line - 10), line)
          .join()
          .includes("REQUIRE_SERVICES")
      ) {
        yield at(file, line, "skips a test, even with REQUIRE_SERVICES");
      }
    }
  }
}

function* everyRowTested(project) {
  const tested = new Set(project.in("test").flatMap(rowsInTitles));
  for (let row = rows.first; row <= rows.last; row++) {
    if (!tested.has(row)) {
      yield `test: no title has [${row}], a row of docs/behaviour.md`;
    }
  }
}

/** The numbers in titles like "a volatile event is dropped [60, 91]": strings that directly follow a "(". */
function rowsInTitles({ code, strings }) {
  return strings
    .filter(({ index }) => /\(\s*$/.test(code.slice(Math.max(0, index - 80), index)))
    .flatMap(({ value }) => [...value.matchAll(/(?<=^|\s)\[(\d+(?:, ?\d+)*)\]/g)])
    .flatMap(([, numbers]) => numbers.split(",").map(Number));
}

/** The back references that are used, for printing. */
export function usedBackReferences(project) {
  const used = project
    .in("lib")
    .flatMap((file) => arrows(project, file))
    .filter(({ from, to, typeOnly }) => typeOnly && isBackReference(from, to))
    .map(({ from, to }) => `${from.room} -> ${to.room}`);
  return [...new Set(used)].sort();
}

const at = (file, line, problem) => `${file.path}:${line}: ${problem}`;

const packageOf = (specifier) => specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");

const comments = (files) => files.flatMap((file) => file.comments.map((comment) => ({ file, comment })));

function floorOf({ room }) {
  return floors.findIndex((rooms) =>
    rooms.some((name) => (name.endsWith("/") ? room.startsWith(name) : room === name)),
  );
}

const isBackReference = (from, to) => backReferences[from.room]?.includes(to.room) ?? false;

function linesWith(code, pattern) {
  return code.split("\n").flatMap((line, index) => (pattern.test(line) ? [index + 1] : []));
}

/** dist/ is beside package.json, as lib/ is. */
const isManifest = (file, specifier) => posix.join(posix.dirname(file.path), specifier) === "package.json";

/** The file of a relative specifier. */
function target(project, file, specifier) {
  const path = posix.join(posix.dirname(file.path), specifier);
  const stem = path.replace(/\.(m?)js$/, "");
  return [`${stem}.ts`, `${stem}.mts`, `${stem}/index.ts`]
    .map((candidate) => project.files.get(posix.normalize(candidate)))
    .find((found) => found !== undefined);
}

function arrows(project, from) {
  return from.imports
    .filter(({ specifier }) => specifier.startsWith("."))
    .map(({ specifier, typeOnly, line }) => ({ from, to: target(project, from, specifier), typeOnly, line }))
    .filter(({ to }) => to !== undefined);
}

/** The shortest circle of imports through each file; each circle once, by its files. */
function circles(project, follows) {
  const found = new Map();
  for (const file of project.in("lib")) {
    const path = wayBack(project, file, follows);
    const key = path && [...path].sort().join();
    if (path && !found.has(key)) {
      found.set(key, [...path, path[0]]);
    }
  }
  return found;
}

/** The shortest path from a file back to itself. */
function wayBack(project, start, follows) {
  const ways = [[start]];
  const visited = new Set();
  for (const way of ways) {
    for (const arrow of arrows(project, way.at(-1)).filter(follows)) {
      if (arrow.to === start) {
        return way.map(({ path }) => path);
      }
      if (!visited.has(arrow.to)) {
        visited.add(arrow.to);
        ways.push([...way, arrow.to]);
      }
    }
  }
}
