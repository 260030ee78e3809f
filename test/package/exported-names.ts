/** Each name that can be imported from, or called on, the classes of the reference server also exists here. */

import { join } from "node:path";
import { requireBuild } from "../support/published";
import { root } from "../support/repository";

import expect = require("expect.js");

import * as ts from "typescript-oldest";
import { ownTest } from "../support/own-tests";
import { subjectName } from "../support/subject";

const reference = join(root, "node_modules/socket.io-reference/dist");
const ours = subjectName === "reference" ? reference : join(root, "dist");

/** Applications with older module resolution import types from these files. */
const deepFiles = [
  "broadcast-operator",
  "client",
  "namespace",
  "parent-namespace",
  "socket",
  "socket-types",
  "typed-events",
];

const classes: [file: string, name: string][] = [
  ["index", "Server"],
  ["namespace", "Namespace"],
  ["parent-namespace", "ParentNamespace"],
  ["socket", "Socket"],
  ["client", "Client"],
  ["broadcast-operator", "BroadcastOperator"],
  ["broadcast-operator", "RemoteSocket"],
  ["index", "ServerOptions"],
  ["socket-types", "Handshake"],
];

describe("the exported names", () => {
  let checker: ts.TypeChecker;
  let program: ts.Program;

  before(() => {
    if (subjectName !== "reference") {
      requireBuild();
    }
    const files = ["index", ...deepFiles].flatMap((file) => [
      join(reference, `${file}.d.ts`),
      join(ours, `${file}.d.ts`),
    ]);
    program = ts.createProgram([...files, join(ours, "wrapper.d.mts")], {
      module: ts.ModuleKind.Node16,
      moduleResolution: ts.ModuleResolutionKind.Node16,
      target: ts.ScriptTarget.ES2020,
      skipLibCheck: true,
      strict: true,
      types: ["node"],
    });
    checker = program.getTypeChecker();
  });

  function exportsOf(file: string): ts.Symbol[] {
    const source = program.getSourceFile(file);
    const symbol = source && checker.getSymbolAtLocation(source);
    if (!symbol) {
      throw new Error(`${file} is no module`);
    }
    return checker.getExportsOfModule(symbol);
  }

  /** `Server (value)`, `ServerOptions (type)`: the ways in which a program can use each name. */
  function namesIn(file: string): string[] {
    return exportsOf(file).map((symbol) => {
      const { flags } = unaliased(symbol);
      return `${symbol.name} (${flags & ts.SymbolFlags.Value && !isTypeOnly(symbol) ? "value" : "type"})`;
    });
  }

  function unaliased(symbol: ts.Symbol): ts.Symbol {
    return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  }

  /** Resolves `import type` and `export type` between the name and its declaration. */
  function isTypeOnly(symbol: ts.Symbol): boolean {
    for (let step: ts.Symbol | undefined = symbol; step; step = nextStep(step)) {
      if (step.declarations?.some(ts.isTypeOnlyImportOrExportDeclaration)) {
        return true;
      }
    }
    return false;
  }

  function nextStep(symbol: ts.Symbol): ts.Symbol | undefined {
    return symbol.flags & ts.SymbolFlags.Alias ? checker.getImmediateAliasedSymbol(symbol) : undefined;
  }

  function declared(directory: string, file: string, name: string): ts.Symbol {
    const symbol = exportsOf(join(directory, `${file}.d.ts`)).find((one) => one.name === name);
    if (!symbol) {
      throw new Error(`${name} is missing`);
    }
    return unaliased(symbol);
  }

  /** The members that an application may use, except those with an underscore. */
  function publicMembers(symbol: ts.Symbol): Map<string, ts.Symbol> {
    const members = checker.getDeclaredTypeOfSymbol(symbol).getProperties();
    const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
    return new Map(
      members
        .filter((member) => !member.name.startsWith("_"))
        .filter((member) => !member.declarations?.some((one) => ts.getCombinedModifierFlags(one) & hidden))
        .map((member) => [member.name, member]),
    );
  }

  function documentedMembers(symbol: ts.Symbol): string[] {
    return [...publicMembers(symbol).keys()].filter((name) => isDocumented(symbol, name));
  }

  /** The documentation of the interface or class that declares a member, as editors show it. */
  function isDocumented(owner: ts.Symbol, name: string): boolean {
    const member = checker.getDeclaredTypeOfSymbol(owner).getProperty(name);
    if (!member || member.getDocumentationComment(checker).length > 0) {
      return member !== undefined;
    }
    const heirs = (owner.declarations ?? []).filter(
      (one): one is ts.ClassDeclaration | ts.InterfaceDeclaration =>
        ts.isClassDeclaration(one) || ts.isInterfaceDeclaration(one),
    );
    return heirs
      .flatMap(({ heritageClauses = [] }) => heritageClauses.flatMap(({ types }) => [...types]))
      .map((type) => checker.getTypeAtLocation(type).symbol)
      .some((base) => base !== undefined && isDocumented(base, name));
  }

  const missing = (expected: Iterable<string>, actual: Iterable<string>) => {
    const there = new Set(actual);
    return [...expected].filter((name) => !there.has(name));
  };

  it("of the main entry all exist, as values if they are values in the reference [1, 82]", () => {
    const expected = namesIn(join(reference, "index.d.ts"));
    expect(expected).to.contain("Server (value)");
    expect(expected).to.contain("DisconnectReason (type)");
    const actual = namesIn(join(ours, "index.d.ts"));
    const asTypes = actual.map((name) => name.replace("(value)", "(type)")); // a class is a type too
    expect(missing(expected, [...actual, ...asTypes])).to.eql([]);
  });

  ownTest("are the same for require() and for import [1, 82]", () => {
    const names = namesIn(join(ours, "index.d.ts")).sort();
    expect(namesIn(join(ours, "wrapper.d.mts")).sort()).to.eql(names);
  });

  for (const file of deepFiles) {
    it(`of dist/${file} all exist [82]`, () => {
      const declaredIn = (directory: string) =>
        exportsOf(join(directory, `${file}.d.ts`)).map((symbol) => symbol.name);
      expect(missing(declaredIn(reference), declaredIn(ours))).to.eql([]);
    });
  }

  for (const [file, name] of classes) {
    it(`include every public member of ${name} [82]`, () => {
      const expected = publicMembers(declared(reference, file, name));
      const actual = publicMembers(declared(ours, file, name));
      expect(expected.size).to.be.greaterThan(1);
      expect(missing(expected.keys(), actual.keys())).to.eql([]);
    });

    it(`show their documentation on ${name} wherever the reference does`, () => {
      const expected = documentedMembers(declared(reference, file, name));
      const actual = documentedMembers(declared(ours, file, name));
      expect(missing(expected, actual)).to.eql([]);
    });
  }
});
