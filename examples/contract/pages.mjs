// Serves the page, and the modules that it imports: a bundler would do the same beforehand.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** What the contract imports with each library, and what the library imports itself. */
const imports = {
  zod: ["zod"],
  valibot: ["valibot"],
  arktype: ["arktype", "@ark/schema", "@ark/schema/config", "@ark/util", "arkregex"],
};

/** Returns a request listener; Socket.IO answers requests below /socket.io/ first. */
export function servePage(library) {
  /** The folders of the modules, by the path below which they are served. */
  const folders = new Map();
  /** The import map of the page: the path of each module by its name. */
  const map = {};
  for (const name of ["socket.io/contract", ...imports[library]]) {
    const url = import.meta.resolve(name);
    const folder = new URL(".", url).href;
    // one path for each folder, so that a page loads no module twice
    const known = [...folders].find(([, href]) => href === folder)?.[0];
    const path = known ?? `/modules/${name}/`;
    folders.set(path, folder);
    map[name] = path + url.slice(folder.length);
  }

  /** The URL of the file for a path. */
  function fileFor(path) {
    if (path === "/page.mjs") {
      return new URL("page.mjs", import.meta.url);
    }
    if (path === "/chat.mjs") {
      return new URL(`chat.${library}.mjs`, import.meta.url);
    }
    for (const [prefix, folder] of folders) {
      if (path.startsWith(prefix)) {
        const file = new URL(`./${path.slice(prefix.length)}`, folder);
        // URL() has resolved ".." in the path
        return file.href.startsWith(folder) ? file : undefined;
      }
    }
    return undefined;
  }

  return async (req, res) => {
    const [path] = req.url.split("?", 1);
    if (path === "/") {
      const page = await readFile(fileURLToPath(new URL("page.html", import.meta.url)), "utf8");
      res.setHeader("Content-Type", "text/html; charset=utf-8");
      res.end(page.replace("{}", JSON.stringify({ imports: map })));
      return;
    }
    const file = fileFor(path);
    const content = file && (await readFile(fileURLToPath(file)).catch(() => undefined));
    res.writeHead(content ? 200 : 404, { "Content-Type": "text/javascript; charset=utf-8" });
    res.end(content);
  };
}
