/**
 * The package under test: the sources in lib/, or the package that the environment variable SUBJECT names.
 *
 * `SUBJECT=dist` tests the built package. `SUBJECT=reference` runs the same tests with the reference server from npm.
 */
import { createRequire } from "node:module";
import { dirname } from "node:path";

type Library = typeof import("../../lib");

const modules: Record<string, string> = {
  lib: "../../lib",
  dist: "../../dist",
  reference: "socket.io-reference",
};

export const subjectName = process.env.SUBJECT ?? "lib";

/** The main export, which is a function with the classes as properties. */
export const subject: Library &
  ((...args: Partial<ConstructorParameters<Library["Server"]>>) => InstanceType<Library["Server"]>) = require(
  modules[subjectName] ?? subjectName,
);

/** The folder of the main module. */
export const subjectFolder = dirname(require.resolve(modules[subjectName] ?? subjectName));

/** Loads a dependency as the package under test loads it: an installed package may have separate copies. */
export const dependencyOfSubject: NodeJS.Require = createRequire(
  require.resolve(modules[subjectName] ?? subjectName),
);

/** The default parser of the package under test. */
export const defaultParser: typeof import("socket.io-parser") = dependencyOfSubject("socket.io-parser");

export const { Server, Namespace, Socket } = subject;
export type { Namespace as NamespaceType, Server as ServerType, Socket as SocketType } from "../../lib";
