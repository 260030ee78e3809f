/** Each public member of the package has a documentation comment, from which the reference of the API is made. */

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type * as ts from "typescript-5.9";
import { ownSuite } from "../support/own-tests";
import { entryPoints, PublicApi, type PublicName } from "../support/public-api";
import { root } from "../support/repository";

import expect = require("expect.js");

/** The types of the reference server, of its modules, and of its adapter. */
function referenceFiles(): string[] {
  const folder = join(root, "node_modules/socket.io-reference/dist");
  const files = readdirSync(folder).filter((file) => file.endsWith(".d.ts"));
  return [
    ...files.map((file) => join(folder, file)),
    join(root, "node_modules/socket.io-adapter/dist/index.d.ts"),
    // the last one counts, if two files export the same name
    join(folder, "index.d.ts"),
  ];
}

ownSuite("the reference of the API", () => {
  let api: PublicApi;
  let names: PublicName[];

  before(() => {
    const files = entryPoints();
    expect(files.filter((file) => !existsSync(file))).to.eql([]);
    api = new PublicApi([...files, ...referenceFiles()]);
    names = files.flatMap((file) => api.namesOf(file));
    expect(names.length).to.be.greaterThan(300);
  });

  it("has a description of each public class, function, type and member", () => {
    const undocumented = names.filter(
      ({ symbol }) => symbol.getDocumentationComment(api.checker).length === 0,
    );
    expect(undocumented.map(({ name }) => name)).to.eql([]);
  });

  it("has the version that added it, for what the reference server does not have", () => {
    const known = new Map(referenceFiles().flatMap((file) => [...api.exportsOf(file)]));
    const sinceOf = ({ symbol }: PublicName) =>
      symbol.getJsDocTags(api.checker).find(({ name }) => name === "since")?.text?.[0]?.text;
    const inReference = ({ name, owner }: PublicName) =>
      name.startsWith("index.ts: ") ? known.get(owner ?? name.replace("index.ts: ", "")) : undefined;
    const isAddition = (one: PublicName) => {
      const found = inReference(one);
      return one.owner === undefined
        ? found === undefined
        : found !== undefined &&
            !api.membersOf(found).some((member) => nameOf(member) === nameOf(one.symbol));
    };
    // members of a type that the reference server does not have are as old as the type, unless they are marked; the tags
    // of members of Node.js have another form, such as "v0.1.26"
    const wrong = names.filter((one) => {
      const since = sinceOf(one);
      return isAddition(one)
        ? !/^\d+\.\d+\.\d+$/.test(since ?? "")
        : /^\d/.test(since ?? "") && inReference(one) !== undefined;
    });
    expect(wrong.map((one) => `${one.name}: ${sinceOf(one)}`)).to.eql([]);
  });
});

/** The names of symbols such as `Symbol.asyncDispose` end with a number. */
function nameOf({ name }: ts.Symbol): string {
  return name.replace(/@\d+$/, "");
}
