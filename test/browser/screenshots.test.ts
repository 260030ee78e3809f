/** The screenshots in README.md and other pages, and the script that makes them. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import expect from "expect.js";
import { startBrowser } from "../support/browser";
import { onTestEnd } from "../support/cleanup";
import { docsPages, prose } from "../support/markdown";
import { filesBelow, root, runNode } from "../support/repository";

const script = ["--import", "tsx", join(root, "scripts/screenshots.mjs")];

const pages = ["README.md", ...docsPages, ...filesBelow("examples").filter(isOwnPage)];

function isOwnPage(file: string): boolean {
  return file.endsWith(".md") && !file.includes("node_modules");
}

/** The pictures of a page with their alternative texts; the paths are relative to the root of the repository. */
function picturesOf(page: string): { path: string; alt: string }[] {
  const text = prose(readFileSync(join(root, page), "utf8"));
  return [...text.matchAll(/!\[([^\]]*)\]\(([^)\s]+\.png)\)/g)].map(([, alt = "", path = ""]) => ({
    path: join(dirname(page), path).replaceAll("\\", "/"),
    alt,
  }));
}

describe("the screenshots", function () {
  this.timeout(120_000);
  let made: string[];

  before(async () => {
    const { code, output } = await runNode([...script, "--list"]);
    expect(code).to.be(0);
    made = output.trim().split("\n").sort();
  });

  it("in the pages exist, have a text instead, and are all made by the script", () => {
    const pictures = pages.flatMap(picturesOf);
    expect(pictures.filter(({ path }) => !existsSync(join(root, path)))).to.eql([]);
    expect(pictures.filter(({ alt }) => alt.length < 20)).to.eql([]);
    expect([...new Set(pictures.map(({ path }) => path))].sort()).to.eql(made);
  });

  it("are small", () => {
    expect(made.filter((name) => statSync(join(root, name)).size > 60_000)).to.eql([]);
  });

  it("are made in the sizes of those in the pages, one of the chat and one of the live page", async function () {
    await (await startBrowser(this)).close();
    const folder = mkdtempSync(join(tmpdir(), "socket.io-screenshots-"));
    onTestEnd(() => rmSync(folder, { recursive: true }));
    const names = ["docs/chat.png", "examples/observability/phone-dark.png"];
    const { code, output } = await runNode([...script, "--to", folder, ...names]);
    expect({ code, output: code === 0 ? "" : output }).to.eql({ code: 0, output: "" });
    expect(names.map((name) => sizeOf(join(folder, name)))).to.eql(
      names.map((name) => sizeOf(join(root, name))),
    );
  });

  it("that do not exist are refused", async () => {
    const { code, stderr } = await runNode([...script, "docs/none.png"]);
    expect(code).to.be(1);
    expect(stderr).to.contain("There is no screenshot docs/none.png");
  });
});

/** The width and the height of a PNG file. */
function sizeOf(path: string): number[] {
  const bytes = readFileSync(path);
  return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
}
