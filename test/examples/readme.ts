/** README.md and docs/ quote files of the repository, and have no dead links. */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import expect from "expect.js";
import { onTestEnd } from "../support/cleanup";
import { runExample } from "../support/examples";
import { anchorOf, anchorsOf, docsPages, headingsOf, prose } from "../support/markdown";
import { filesBelow, root, runNode } from "../support/repository";
import { connectClient } from "../support/server";
import { eventually } from "../support/waiting";

const script = join(root, "scripts/readme.mjs");

const pages = [
  ...["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "benchmark/README.md", "test/README.md"],
  ...filesBelow("examples").filter((file) => file.endsWith(".md") && !file.includes("node_modules")),
  ...docsPages,
];

function read(file: string): string {
  return readFileSync(join(root, file), "utf8");
}

/** Compares two versions: negative if the first is older. */
function compare(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

/** A temporary page outside the repository. */
function writePage(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "socket.io-readme-"));
  onTestEnd(() => rmSync(folder, { recursive: true }));
  const page = join(folder, "page.md");
  writeFileSync(page, text);
  return page;
}

const block = (file: string, code: string) => `<!-- example: ${file} -->\n\`\`\`js\n${code}\n\`\`\`\n`;

describe("the documentation", () => {
  it("quotes the examples and the sources exactly", async () => {
    const { code, output } = await runNode([script, "--check"]);
    expect({ code, output }).to.eql({ code: 0, output: "" });
  });

  it("is checked and updated block by block", async () => {
    const http = read("examples/http/index.js").trimEnd();
    const koa = read("examples/koa/index.js").trimEnd();
    const page = writePage(
      `# Page\n\n${block("examples/http/index.js", http)}\ntext\n\n${block("examples/koa/index.js", "old")}`,
    );
    const checked = await runNode([script, "--check", page]);
    expect(checked.code).to.be(1);
    expect(checked.output).to.contain("examples/koa/index.js");
    expect(checked.output).not.to.contain("examples/http/index.js");
    expect(readFileSync(page, "utf8")).to.contain("old");

    expect((await runNode([script, page])).code).to.be(0);
    expect(readFileSync(page, "utf8")).to.be(
      `# Page\n\n${block("examples/http/index.js", http)}\ntext\n\n${block("examples/koa/index.js", koa)}`,
    );
  });

  for (const [mistake, text] of [
    ["a file that does not exist", block("examples/nowhere.js", "code")],
    ["a comment without a block", "<!-- example: examples/http/index.js -->\n\ntext\n"],
  ] as const) {
    it(`is rejected with ${mistake}`, async () => {
      expect((await runNode([script, writePage(text)])).code).to.be(1);
      expect((await runNode([script, "--check", writePage(text)])).code).to.be(1);
    });
  }

  for (const page of pages) {
    it(`has no dead link in ${page}`, () => {
      const dead = [...prose(read(page)).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)]
        .filter(([, path, anchor]) => {
          const target = path ? join(dirname(page), path) : page;
          return (
            !existsSync(join(root, target)) || (anchor !== undefined && !anchorsOf(target).includes(anchor))
          );
        })
        .map(([link]) => link);
      expect(dead).to.eql([]);
    });
  }

  it("has links to each example and each page in docs/index.md, to which README.md leads", () => {
    const index = read("docs/index.md");
    const missing = [
      ...readdirSync(join(root, "examples")).map((topic) => `(../examples/${topic}/`),
      ...docsPages.map((page) => `(${page.slice("docs/".length)}`),
    ].filter((link) => link !== "(index.md" && !index.includes(link));
    expect(missing).to.eql([]);
    expect(read("README.md")).to.contain("(docs/index.md)");
  });

  it("begins with a README of three screens, whose first screens decide", () => {
    const readme = read("README.md");
    expect(readme.split("\n").length).to.be.lessThan(141);
    expect(headingsOf("README.md").slice(1, 4)).to.eql(["Why, and where not", "Install", "A first app"]);
  });

  it("has only headings that exist in the sidebar of its site", async () => {
    const sidebar = pathToFileURL(join(root, "site/sidebar.mjs")).href;
    const { sidebarOf } = (await import(sidebar)) as {
      sidebarOf(pages: Set<string>): { items: { link: string }[] }[];
    };
    const links = sidebarOf(new Set(docsPages.map((page) => page.replace("docs/", ""))))
      .flatMap(({ items }) => items.map(({ link }) => link.split("#")))
      .filter(([, anchor]) => anchor !== undefined);
    expect(links.length).to.be.greaterThan(9);
    const missing = links.filter(
      ([page, anchor]) =>
        !headingsOf(`docs${page}.md`)
          .map(anchorOf)
          .includes(anchor as string),
    );
    expect(missing).to.eql([]);
  });

  it("lists each folder and each support file of the tests", () => {
    const index = read("test/README.md");
    const names = readdirSync(join(root, "test"), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => `${name}/`);
    const missing = [...names, ...readdirSync(join(root, "test/support"))].filter(
      (name) => !index.includes(`\`${name}\``),
    );
    expect(missing).to.eql([]);
  });

  it("lists each error that the library throws, with its message", () => {
    const catalogue = [...read("lib/errors.ts").matchAll(/^ {2}([A-Z_]+): \(.*?\) =>\s+(["`])(.*?)\2,$/gm)];
    expect(catalogue.length).to.be.greaterThan(0);
    const table = read("docs/errors.md").split("## Connections that are refused")[0] as string;
    const listed = [...table.matchAll(/^\| `([A-Z_]+)` \| (.*?) \|/gm)].map(([, code, message]) => [
      code,
      message,
    ]);
    const thrown = catalogue.map(([, code, , message]) => [code, message?.replaceAll(/\$\{[^}]*\}/g, "…")]);
    expect(listed.sort()).to.eql(thrown.sort());
  });

  it("names in docs/security.md only codes, tests and titles that exist", () => {
    const page = prose(read("docs/security.md"));
    const codes = [...page.matchAll(/`([A-Z]+(?:_[A-Z]+)+)`/g)].map(([, code]) => code as string);
    const known = read("lib/errors.ts") + read("lib/diagnostics/messages.ts");
    expect(codes.length).to.be.greaterThan(10);
    expect(codes.filter((code) => !new RegExp(`\\b${code}\\b`).test(known))).to.eql([]);

    const named = [...page.matchAll(/`([\w-]+\.ts)`(?:: "([^"]+)")?/g)].map(([, file, title = ""]) => ({
      file: `test/behaviour/${file}`,
      title,
    }));
    expect(named.length).to.be.greaterThan(40);
    const missing = named.filter(
      ({ file, title }) =>
        !existsSync(join(root, file)) ||
        // titles of tests that a loop creates begin with the texts in the second file
        !(read(file) + read("test/support/malformed-input.ts")).includes(title),
    );
    expect(missing).to.eql([]);
  });

  it("lists in docs/security.md advisories for older versions than package.json allows", () => {
    const { dependencies } = JSON.parse(read("package.json"));
    const engine = JSON.parse(read("node_modules/engine.io/package.json"));
    const client = JSON.parse(read("node_modules/engine.io-client/package.json"));
    const lowest: Record<string, string> = {
      ...engine.dependencies,
      ...dependencies,
      "engine.io-client": client.version,
      "socket.io": "4.8.4",
    };
    const rows = [
      ...read("docs/security.md").matchAll(
        /^\| \[(GHSA(?:-\w{4}){3})\]\(https:\/\/github\.com\/advisories\/\1\)[^|]*\| ([\w.-]+) (\d+\.\d+\.\d+)/gm,
      ),
    ];
    expect(rows.length).to.be(read("docs/security.md").match(/^\| \[GHSA/gm)?.length);
    const affected = rows
      .map(([, id, name, fixed]) => ({ id, name, fixed, allowed: lowest[name as string] }))
      // npm has removed version 4.4.2, the only one that this advisory concerns
      .filter(({ id }) => id !== "GHSA-8mgj-vmr8-frr6")
      .filter(({ fixed, allowed = "" }) => compare(allowed.replace(/^[~^]/, ""), fixed as string) < 0);
    expect(affected).to.eql([]);
  });

  it("lists the debug scopes that are printed [92]", async () => {
    const listed = [...read("docs/debugging.md").matchAll(/^\| `((?:socket\.io|engine)[\w:.-]*)` \|/gm)].map(
      ([, scope]) => scope as string,
    );
    // on a stream that is not a terminal, a line is the time, the scope and the text
    const { url, output } = await runExample("rooms/index.js", { env: { DEBUG: "*" } });
    await connectClient(url).emitWithAck("count", "tea");
    await eventually(() =>
      ["server", "namespace", "socket"].every((scope) => output().includes(` socket.io:${scope} `)),
    );
    const printed = [...output().matchAll(/^\d{4}-\S+Z ((?:socket\.io|engine)\S*) /gm)].map(
      ([, scope]) => scope as string,
    );
    expect(printed.filter((scope) => !listed.includes(scope))).to.eql([]);

    const own = [...read("lib/diagnostics.ts").matchAll(/createDebug\("([^"]+)"\)/g)].map(
      ([, scope]) => scope as string,
    );
    expect(own.filter((scope) => !listed.includes(scope))).to.eql([]);
    expect(listed.filter((scope) => scope.startsWith("socket.io:") && !own.includes(scope))).to.eql([]);
  });
});
