/** The pages as plain Markdown beside their HTML, llms.txt as their index, and llms-full.txt with all of them. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { descriptionOf } from "./descriptions.mjs";
import { sidebarOf } from "./sidebar.mjs";

/**
 * @param {string} dist the folder of the built site
 * @param {Map<string, string>} pages
 */
export function writePlainPages(dist, pages) {
  for (const [page, text] of pages) {
    mkdirSync(dirname(join(dist, page)), { recursive: true });
    writeFileSync(join(dist, page), text);
  }
  const listed = new Set();
  const groups = sidebarOf(new Set(pages.keys())).map(({ text, items }) => {
    const lines = items.map(({ text: title, link }) => {
      const [path, anchor] = link.slice(1).split("#");
      const page = `${path.replace(/(^|\/)$/, "$1index")}.md`;
      const address = anchor === undefined ? page : `${page}#${anchor}`;
      listed.add(page);
      return `- [${title}](${address}): ${descriptionOf(address, pages.get(page))}`;
    });
    return `## ${text}\n\n${lines.join("\n")}\n`;
  });
  const others = [...pages.keys()].filter((page) => !listed.has(page)).sort();
  const rest = others.map((page) => `- [${titleOf(pages.get(page))}](${page})`);
  const index = [
    "# socket.io\n",
    "> A realtime server for Node.js. Each page of this site is also plain Markdown, at the same address with `.md`.\n",
    ...groups,
    `## Optional\n\n${rest.join("\n")}\n`,
  ].join("\n");
  writeFileSync(join(dist, "llms.txt"), index);
  const inOrder = [...listed, ...others.filter((page) => page.startsWith("examples/"))];
  const full = inOrder.map((page) => `<!-- ${page} -->\n\n${pages.get(page)?.trim()}\n`);
  writeFileSync(join(dist, "llms-full.txt"), full.join("\n"));
}

function titleOf(text) {
  return (/^# (.+)$/m.exec(text)?.[1] ?? "").replaceAll("`", "");
}
