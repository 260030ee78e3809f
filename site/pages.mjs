/** The pages of the site: the Markdown files of the repository, with links that work on the site and in plain Markdown. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, extname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";

/** The root directory of the repository. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The files of examples that their pages do not show as code. */
const hidden = /\.(?:pem|md|png)$/;

/**
 * @typedef {object} Site
 * @property {Map<string, string>} pages the text of each page, by its path on the site, like `guides/rooms.md`
 * @property {Map<string, string>} files the source of each file that is copied, by its path on the site
 * @property {string[]} problems
 */

/**
 * Collects all pages below docs/, and the files of the repository that they link to, directly or not.
 *
 * @returns {Site}
 */
export function collectPages() {
  const site = { pages: new Map(), files: new Map(), problems: [] };
  const waiting = ["docs", "examples"].flatMap(filesBelow).filter((file) => /\.(md|[cm]?[jt]s)$/.test(file));
  for (const source of waiting) {
    const page = pageOf(source);
    if (site.pages.has(page)) {
      continue;
    }
    const folder = page.startsWith("examples/") ? page.replace(/\.md$/, "") : undefined;
    const text = folder ? exampleText(folder) : readFileSync(join(root, source), "utf8");
    const origin = folder ? `${folder}/README.md` : source;
    site.pages.set(
      page,
      withLinks(withoutComments(text), (target) => linkTo(site, waiting, origin, page, target)),
    );
  }
  site.pages.set("examples/index.md", listOfExamples(site.pages));
  return site;
}

/** The files below a folder of the repository, without those that Git ignores. */
function filesBelow(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter(({ name }) => !name.startsWith(".") && name !== "node_modules")
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      return entry.isDirectory() ? filesBelow(path) : [path];
    });
}

/** The path on the site of the page that shows a file of the repository. */
function pageOf(source) {
  if (source.startsWith("examples/")) {
    return `${source.split("/").slice(0, 2).join("/")}.md`;
  }
  const path = source.replace(/^docs\//, "");
  // names that pages of docs/ have too
  const renamed = { "README.md": "readme.md", "SECURITY.md": "security-policy.md" };
  return renamed[path] ?? path.replace(/README\.md$/, "index.md").toLowerCase();
}

/** The address for a link of the page, or undefined if the link becomes plain text. */
function linkTo(site, waiting, source, page, target) {
  if (/^(?:[a-z]+:|#)/i.test(target)) {
    return target;
  }
  const [path, anchor] = target.split("#");
  const wanted = posix.join(posix.dirname(source), path).replace(/\/$/, "");
  if (!existsSync(join(root, wanted))) {
    site.problems.push(`${source}: a link to ${target}, which does not exist`);
    return undefined;
  }
  if (extname(wanted) === ".png") {
    site.files.set(wanted, wanted);
    return relative(page, wanted);
  }
  const isFolder = statSync(join(root, wanted)).isDirectory();
  if (/^examples\/[^/]+/.test(wanted)) {
    waiting.push(wanted);
    const file = wanted.split("/").slice(2).join("/");
    return (
      relative(page, pageOf(wanted)) +
      (file === "" || isFolder || hidden.test(file) ? "" : `#${anchorOf(file)}`)
    );
  }
  if (wanted.endsWith(".md")) {
    waiting.push(wanted);
    return relative(page, pageOf(wanted)) + (anchor === undefined ? "" : `#${anchor}`);
  }
  if (isFolder) {
    const index = existsSync(join(root, wanted, "README.md")) ? `${wanted}/README.md` : undefined;
    if (index) {
      waiting.push(index);
    }
    return index && relative(page, pageOf(index));
  }
  const copy = extname(wanted) === ".svg" ? wanted : `source/${wanted}.txt`;
  site.files.set(copy, wanted);
  return relative(page, copy);
}

function relative(from, to) {
  const path = posix.relative(posix.dirname(from), to);
  return path.startsWith(".") ? path : `./${path}`;
}

/** The README of an example, if it has one, and its files, each below a heading. */
function exampleText(folder) {
  const readme = join(root, folder, "README.md");
  const start = existsSync(readme)
    ? readFileSync(readme, "utf8").trimEnd()
    : `# Example: ${posix.basename(folder)}\n\nThe files of \`${folder}/\`. The tests run this example.`;
  const files = filesBelow(folder).filter((file) => !hidden.test(file));
  return [start, ...files.map((file) => `## ${file.slice(folder.length + 1)}\n\n${fenced(file)}\n`)].join(
    "\n\n",
  );
}

function fenced(file) {
  const languages = { ".cjs": "js", ".mjs": "js", ".cfg": "nginx", ".conf": "nginx", ".svg": "xml" };
  const text = readFileSync(join(root, file), "utf8").trimEnd();
  return `\`\`\`${languages[extname(file)] ?? extname(file).slice(1)}\n${text}\n\`\`\``;
}

function listOfExamples(pages) {
  const rows = [...pages.keys()]
    .filter((page) => page.startsWith("examples/"))
    .sort()
    .map((page) => `- [${posix.basename(page, ".md")}](./${posix.basename(page)})`);
  return `# Examples\n\nEach example is a folder of \`examples/\`, and the tests run it.\n\n${rows.join("\n")}\n`;
}

/** The anchor of a heading, as on GitHub. */
export function anchorOf(heading) {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_\- ]/gu, "")
    .replaceAll(" ", "-");
}

/** Applies a change to a text outside of its code blocks. */
function outsideCode(text, change) {
  return text
    .split(/^((`{3,})[^\n]*\n[\s\S]*?^\2)$/m)
    .map((part, index) => [change(part), part, ""][index % 3])
    .join("");
}

/** Removes the comments, which mark quotations of files and of figures. */
function withoutComments(text) {
  return outsideCode(text.replaceAll("\r\n", "\n"), (part) =>
    part.replace(/^<!--[^\n]*-->\n/gm, "").replace(/<!--.*?-->/g, ""),
  );
}

/** Replaces the target of each link, also over line ends. A link without a target becomes its text. */
function withLinks(text, targetOf) {
  return outsideCode(text, (part) =>
    part.replace(
      /(`[^`\n]+`)|(!?)\[((?:`[^`]*`|!\[[^\]]*\]\([^)]*\)|[^[\]`])*)\]\(([^)\s]+)\)/g,
      (whole, code, image, label, target) => {
        if (code !== undefined) {
          return whole;
        }
        const wanted = targetOf(target);
        return wanted === undefined ? label : `${image}[${label}](${wanted})`;
      },
    ),
  );
}
