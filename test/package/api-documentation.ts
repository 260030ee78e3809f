/** Each public member of the package has a documentation comment, from which the reference of the API is made. */

import { existsSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import * as ts from "typescript-5.9";
import { ownSuite } from "../support/own-tests";
import { root } from "../support/repository";

import expect = require("expect.js");

/** The sources of the entry points, from the `exports` of package.json. */
function entryPoints(): string[] {
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return Object.values<string | { require: { types: string } }>(exports)
    .filter((conditions) => typeof conditions === "object")
    .map(({ require: { types } }) => join(root, types.replace("./dist/", "lib/").replace(/\.d\.ts$/, ".ts")));
}

/** Reads the public names of the entry points, and of the members of their classes and types. */
class PublicNames {
  readonly all: string[] = [];
  readonly undocumented: string[] = [];
  private readonly checker: ts.TypeChecker;
  private readonly library = join(root, "lib") + sep;

  constructor(private readonly program: ts.Program) {
    this.checker = program.getTypeChecker();
  }

  readEntryPoint(file: string): void {
    const source = this.program.getSourceFile(file);
    const module = source && this.checker.getSymbolAtLocation(source);
    for (const exported of module ? this.checker.getExportsOfModule(module) : []) {
      const isAlias = (exported.flags & ts.SymbolFlags.Alias) !== 0;
      const symbol = isAlias ? this.checker.getAliasedSymbol(exported) : exported;
      const name = `${file.slice(this.library.length)}: ${exported.name}`;
      this.check(name, symbol);
      for (const member of this.membersOf(symbol)) {
        this.check(`${name}.${member.name}`, member);
      }
    }
  }

  private check(name: string, symbol: ts.Symbol): void {
    if (this.isPublic(symbol)) {
      this.all.push(name);
      if (symbol.getDocumentationComment(this.checker).length === 0) {
        this.undocumented.push(name);
      }
    }
  }

  private membersOf(symbol: ts.Symbol): ts.Symbol[] {
    if ((symbol.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface)) !== 0) {
      return this.checker.getPropertiesOfType(this.checker.getDeclaredTypeOfSymbol(symbol));
    }
    const [declaration] = symbol.declarations ?? [];
    const isObject =
      declaration && ts.isTypeAliasDeclaration(declaration) && ts.isTypeLiteralNode(declaration.type);
    return isObject ? this.checker.getPropertiesOfType(this.checker.getDeclaredTypeOfSymbol(symbol)) : [];
  }

  /** Excludes what is private, internal, or declared by another package. */
  private isPublic(symbol: ts.Symbol): boolean {
    const declarations = symbol.declarations ?? [];
    const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
    return (
      declarations.some(({ parent }) => parent.getSourceFile().fileName.startsWith(posix(this.library))) &&
      declarations.every((one) => (ts.getCombinedModifierFlags(one) & hidden) === 0) &&
      !symbol.getJsDocTags(this.checker).some(({ name }) => name === "internal")
    );
  }
}

function posix(path: string): string {
  return path.replaceAll("\\", "/");
}

ownSuite("the reference of the API", () => {
  it("has a description of each public class, function, type and member", () => {
    const files = entryPoints();
    expect(files.filter((file) => !existsSync(file))).to.eql([]);
    const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
    const names = new PublicNames(ts.createProgram(files, { ...options, noEmit: true }));
    for (const file of files) {
      names.readEntryPoint(file);
    }
    expect(names.all.length).to.be.greaterThan(300);
    expect(names.undocumented).to.eql([]);
  });
});
