/** Builds the site into site/dist: `node site/build.mjs`. The variable SITE_BASE is the path at which it is published. */
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vitepress";
import { descriptionOf } from "./descriptions.mjs";
import { deadLinks } from "./links.mjs";
import { collectPages, root } from "./pages.mjs";
import { writePlainPages } from "./plain.mjs";
import { referencePages } from "./reference.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const content = join(here, "content");
const dist = join(here, "dist");

const site = collectPages();
const problems = [...site.problems];
for (const [page, text] of await referencePages()) {
  site.pages.set(page, text);
}

rmSync(content, { recursive: true, force: true });
for (const [page, text] of site.pages) {
  write(
    join(content, page),
    `---\ndescription: ${JSON.stringify(descriptionOf(page, text))}\n---\n\n${text}`,
  );
}
for (const [path, source] of site.files) {
  const inPages = join(content, path);
  mkdirSync(dirname(inPages), { recursive: true });
  copyFileSync(join(root, source), inPages);
}
await build(here);
for (const [path, source] of site.files) {
  mkdirSync(dirname(join(dist, path)), { recursive: true });
  copyFileSync(join(root, source), join(dist, path));
}
writePlainPages(dist, site.pages);
problems.push(...deadLinks(dist, process.env.SITE_BASE || "/"));

if (problems.length > 0) {
  console.error(problems.join("\n"));
  process.exitCode = 1;
}

function write(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
