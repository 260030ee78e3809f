/** The rows of docs/troubleshooting.md: each is in the title of a test. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import expect from "expect.js";
import { docsPages, proseOf } from "../support/markdown";
import { root } from "../support/repository";

describe("docs/troubleshooting.md", () => {
  it("has numbered rows, each with a test", () => {
    const page = readFileSync(join(root, "docs/troubleshooting.md"), "utf8");
    const rows = [...page.matchAll(/^\| <a id="(t\d+)"><\/a>(T\d+) \|/gm)].map(([, id, row]) => {
      expect(id).to.be(row?.toLowerCase());
      return row as string;
    });
    expect(page.match(/^\| [^|]*T\d+ \|/gm)?.length).to.be(rows.length);
    const sorted = rows.toSorted((a, b) => Number(a.slice(1)) - Number(b.slice(1)));
    expect(sorted).to.eql(rows.map((_, index) => `T${index + 1}`));
    expect(rows.length).to.be.greaterThan(50);
    const titles = ["test/behaviour", "test/browser", "test/ecosystem"]
      .flatMap((folder) => readdirSync(join(root, folder)).map((file) => join(root, folder, file)))
      .filter((file) => /troubleshooting[^/\\]*\.ts$/.test(file))
      .map((file) => readFileSync(file, "utf8"))
      .join();
    expect(rows.filter((row) => !titles.includes(` [${row}]"`))).to.eql([]);
  });

  it("is linked wherever a page names one of its rows", () => {
    const unlinked = docsPages.flatMap((page) =>
      [...proseOf(page).matchAll(/(?<!\[)(?<!<\/a>)\bT([1-9]\d?)\b(?!\])/g)].map(
        ([row]) => `${page}: ${row}`,
      ),
    );
    const wrong = docsPages.flatMap((page) =>
      [...proseOf(page).matchAll(/\[T(\d+)\]\(([^)]*)\)/g)]
        .filter(([, row, target]) => !target?.endsWith(`#t${row}`))
        .map(([link]) => `${page}: ${link}`),
    );
    expect([...unlinked, ...wrong]).to.eql([]);
  });
});
