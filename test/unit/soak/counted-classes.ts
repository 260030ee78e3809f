import { join } from "node:path";
import expect from "expect.js";
import { countedClasses } from "../../soak/counted-classes";
import { root } from "../../support/repository";

describe("the classes whose objects a soak run counts", () => {
  for (const [file, names] of Object.entries(countedClasses)) {
    it(`exist in lib/${file}`, () => {
      const exported = require(join(root, "lib", file));
      for (const name of names) {
        expect(exported[name]).to.be.a("function");
      }
    });
  }
});
