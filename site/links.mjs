/** Checks the built site: each link and each picture leads to a file of the site, and each anchor to an element. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";

/**
 * @param {string} dist the folder of the built site
 * @param {string} base the path at which the site is published
 * @returns {string[]} a sentence for each dead link
 */
export function deadLinks(dist, base) {
  const names = readdirSync(dist, { recursive: true }).map((name) => name.replaceAll("\\", "/"));
  const pages = new Map(
    names
      .filter((name) => name.endsWith(".html") && name !== "404.html")
      .map((name) => [name, readFileSync(join(dist, name), "utf8")]),
  );
  const anchors = new Map(
    [...pages].map(([name, html]) => [
      name,
      new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => unescaped(id))),
    ]),
  );
  const problems = [];
  for (const [name, html] of pages) {
    for (const [, href] of html.matchAll(/<(?:a [^>]*?href|img [^>]*?src)="([^"]+)"/g)) {
      const target = unescaped(href);
      if (/^[a-z]+:/i.test(target)) {
        continue;
      }
      const [path, anchor = ""] = target.split("#");
      const wanted = fileOf(name, path, base);
      if (!existsSync(join(dist, wanted))) {
        problems.push(`${name}: a link to ${target}, which does not exist`);
      } else if (anchor !== "" && anchors.has(wanted) && !anchors.get(wanted).has(decoded(anchor))) {
        problems.push(`${name}: a link to ${target}, which has no such heading`);
      }
    }
  }
  return [...new Set(problems)];
}

/** The file at an address, which stands in the page `name`. */
function fileOf(name, path, base) {
  if (path === "") {
    return name;
  }
  const from = decoded(
    path.startsWith(base) ? path.slice(base.length) : posix.join(posix.dirname(name), path),
  );
  if (from === "" || from.endsWith("/")) {
    return `${from}index.html`;
  }
  return from;
}

function decoded(text) {
  return decodeURIComponent(text);
}

function unescaped(text) {
  return text.replaceAll("&amp;", "&").replaceAll("&quot;", '"').replaceAll("&#39;", "'");
}
