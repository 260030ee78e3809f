/** The rows of docs/troubleshooting.md: each is in the title of a test. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import expect from "expect.js";
import { root } from "../support/repository";

describe("docs/troubleshooting.md", () => {
  it("has numbered rows, each with a test", () => {
    const page = readFileSync(join(root, "docs/troubleshooting.md"), "utf8");
    const rows = [...page.matchAll(/^\| (T\d+) \|/gm)].map(([, row]) => row as string);
    expect(rows).to.eql(rows.map((_, index) => `T${index + 1}`));
    expect(rows.length).to.be.greaterThan(40);
    const titles = ["test/behaviour", "test/browser", "test/ecosystem"]
      .flatMap((folder) => readdirSync(join(root, folder)).map((file) => join(root, folder, file)))
      .filter((file) => /troubleshooting[^/\\]*\.ts$/.test(file))
      .map((file) => readFileSync(file, "utf8"))
      .join();
    expect(rows.filter((row) => !titles.includes(` [${row}]"`))).to.eql([]);
  });
});
