/** The public names of the package, and of their members, as the compiler reads them in lib/. */
import { readFileSync } from "node:fs";
import { join, sep } from "node:path";
import * as ts from "typescript-5.9";
import { root } from "./repository";

const library = join(root, "lib") + sep;

/** An exported name, or a member of one, with its symbol. */
export interface PublicName {
  /** Such as `index.ts: Socket.emit`. */
  name: string;
  /** The exported name that it is a member of; undefined for an exported name. */
  owner?: string;
  symbol: ts.Symbol;
}

/** The sources of the entry points, from the `exports` of package.json. */
export function entryPoints(): string[] {
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return Object.values<string | { require: { types: string } }>(exports)
    .filter((conditions) => typeof conditions === "object")
    .map(({ require: { types } }) => join(root, types.replace("./dist/", "lib/").replace(/\.d\.ts$/, ".ts")));
}

/** A program of the entry points, and of other files that are compared with them. */
export class PublicApi {
  readonly checker: ts.TypeChecker;
  private readonly program: ts.Program;

  constructor(files: string[]) {
    const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
    this.program = ts.createProgram(files, { ...options, noEmit: true });
    this.checker = this.program.getTypeChecker();
  }

  /** The exports of a file, each with the symbol that it stands for. */
  exportsOf(file: string): Map<string, ts.Symbol> {
    const source = this.program.getSourceFile(file);
    const module = source && this.checker.getSymbolAtLocation(source);
    return new Map(
      (module ? this.checker.getExportsOfModule(module) : []).map((exported) => {
        const isAlias = (exported.flags & ts.SymbolFlags.Alias) !== 0;
        return [exported.name, isAlias ? this.checker.getAliasedSymbol(exported) : exported];
      }),
    );
  }

  /** The public names of an entry point, each followed by its public members. */
  namesOf(file: string): PublicName[] {
    return [...this.exportsOf(file)].flatMap(([exported, symbol]) => {
      const name = `${file.slice(library.length)}: ${exported}`;
      const members = this.membersOf(symbol).map((member) => ({
        name: `${name}.${member.name}`,
        owner: exported,
        symbol: member,
      }));
      return [{ name, symbol }, ...members].filter((one) => this.isPublic(one.symbol));
    });
  }

  /** The members of a class, of an interface, or of a type that lists them. */
  membersOf(symbol: ts.Symbol): ts.Symbol[] {
    const [declaration] = symbol.declarations ?? [];
    const isObject =
      declaration && ts.isTypeAliasDeclaration(declaration) && ts.isTypeLiteralNode(declaration.type);
    const hasMembers = (symbol.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface)) !== 0;
    return isObject || hasMembers
      ? this.checker.getPropertiesOfType(this.checker.getDeclaredTypeOfSymbol(symbol))
      : [];
  }

  /** Excludes what is private, internal, or declared by another package. */
  private isPublic(symbol: ts.Symbol): boolean {
    const declarations = symbol.declarations ?? [];
    const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
    return (
      declarations.some(({ parent }) => parent.getSourceFile().fileName.startsWith(posix(library))) &&
      declarations.every((one) => (ts.getCombinedModifierFlags(one) & hidden) === 0) &&
      !symbol.getJsDocTags(this.checker).some(({ name }) => name === "internal")
    );
  }
}

function posix(path: string): string {
  return path.replaceAll("\\", "/");
}
