/** The rows of docs/legacy.md: each is in the title of a test. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import expect from "expect.js";
import { root } from "../support/repository";

describe("docs/legacy.md", () => {
  it("has the rows L1 to L66, each with a test", () => {
    const page = readFileSync(join(root, "docs/legacy.md"), "utf8");
    const rows = [...page.matchAll(/^\| (L\d+) \|/gm)].map(([, row]) => row as string);
    expect(rows).to.eql(Array.from({ length: 66 }, (_, index) => `L${index + 1}`));
    const files = ["behaviour", "browser"].flatMap((folder) =>
      readdirSync(join(root, "test", folder))
        .filter((name) => name.startsWith("legacy"))
        .map((name) => readFileSync(join(root, "test", folder, name), "utf8")),
    );
    const tested = files.flatMap((text) =>
      [...text.matchAll(/ \[(L\d+(?:, L\d+)*)\][`"]/g)].flatMap(([, list]) => (list as string).split(", ")),
    );
    expect(rows.filter((row) => !tested.includes(row))).to.eql([]);
  });
});
