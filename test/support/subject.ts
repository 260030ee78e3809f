/**
 * The package under test: the sources in lib/, unless SUBJECT names another one.
 *
 * `SUBJECT=dist` takes the built package, `SUBJECT=reference` the reference server from npm: whatever a behaviour test
 * pins can so be held against the server it describes.
 */
import { createRequire } from "node:module";

type Library = typeof import("../../lib");

const modules: Record<string, string> = {
  lib: "../../lib",
  dist: "../../dist",
  reference: "socket.io-reference",
};

export const subjectName = process.env.SUBJECT ?? "lib";

/** The main export, which is callable and carries the classes. */
export const subject: Library &
  ((...args: Partial<ConstructorParameters<Library["Server"]>>) => InstanceType<Library["Server"]>) = require(
  modules[subjectName] ?? subjectName,
);

/** A package that the package under test depends on, as that package loads it: an installed one has copies of its own. */
export const dependencyOfSubject: NodeJS.Require = createRequire(
  require.resolve(modules[subjectName] ?? subjectName),
);

/** The parser that the package under test uses by default. */
export const defaultParser: typeof import("socket.io-parser") = dependencyOfSubject("socket.io-parser");

export const { Server, Namespace, Socket } = subject;
export type { Namespace as NamespaceType, Server as ServerType, Socket as SocketType } from "../../lib";
