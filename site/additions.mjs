/** Which public members this package has in addition to the reference server, by the declarations of both. */
import { createRequire } from "node:module";
import { join } from "node:path";
import ts from "typescript";
import { root } from "./pages.mjs";

const { resolve } = createRequire(join(root, "package.json"));

/** The exports of the reference server, each with the names of its members. */
const known = readReference();

/** The sentence for a member of an exported name; an empty text if the reference server has it, or lacks the name. */
export function additionText(name, member) {
  const members = known.get(name);
  return members === undefined || members.has(member)
    ? ""
    : "*An addition: the reference server does not have it.*";
}

function readReference() {
  const file = resolve("socket.io-reference").replace(/\.js$/, ".d.ts");
  const program = ts.createProgram([file], { skipLibCheck: true, target: ts.ScriptTarget.ES2022 });
  const checker = program.getTypeChecker();
  const module = checker.getSymbolAtLocation(program.getSourceFile(file));
  return new Map(
    checker.getExportsOfModule(module).map((exported) => {
      const isAlias = (exported.flags & ts.SymbolFlags.Alias) !== 0;
      const symbol = isAlias ? checker.getAliasedSymbol(exported) : exported;
      const members = checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol));
      return [exported.name, new Set(members.map(({ name }) => name))];
    }),
  );
}
