/** How VitePress builds the site. The pages are written to content/ by build.mjs. */
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitepress";
import { anchorOf } from "../pages.mjs";
import { searchBox } from "../search-box.mjs";
import { sidebarOf } from "../sidebar.mjs";

const content = fileURLToPath(new URL("../content", import.meta.url));
const pages = new Set(readdirSync(content, { recursive: true }).map((page) => page.replaceAll("\\", "/")));

export default defineConfig({
  title: "socket.io",
  description: "A realtime server for Node.js",
  lang: "en",
  // where the site is published, such as "/socket.io/" for the pages of a repository at GitHub
  base: process.env.SITE_BASE || "/",
  srcDir: "content",
  outDir: "dist",
  cacheDir: ".cache",
  metaChunk: true,
  // a page loads what it shows, and not the pages that it links to
  router: { prefetchLinks: false },
  // a link to a page that does not exist fails the build; a link to a file is checked by build.mjs
  ignoreDeadLinks: [/\/source\//, /\.(?:png|svg|txt)$/, /^https?:\/\/localhost/],
  markdown: {
    anchor: { slugify: anchorOf },
    // the pictures in a section that is folded are loaded when it is opened
    image: { lazyLoading: true },
    languageAlias: { cfg: "ini", conf: "nginx" },
    config: (md) => md.core.ruler.push("empty-headers", makeEmptyHeadersCells),
    theme: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" },
  },
  // the index of the search is a large file of its own
  vite: { plugins: [searchBox], build: { chunkSizeWarningLimit: 2000 } },
  themeConfig: {
    nav: [
      { text: "Start", link: "/starting" },
      { text: "API", link: "/api/" },
      { text: "Options", link: "/options" },
      { text: "Questions", link: "/questions" },
    ].filter(({ link }) => pages.has(`${link.slice(1).replace(/\/$/, "/index")}.md`)),
    sidebar: sidebarOf(pages),
    outline: [2, 3],
    search: { provider: "local" },
    docFooter: { prev: false, next: false },
  },
});

/** A header of a table without a text is no header. */
function makeEmptyHeadersCells({ tokens }) {
  for (const [index, token] of tokens.entries()) {
    if (token.type === "th_open" && tokens[index + 1]?.content === "") {
      token.tag = "td";
      tokens[index + 2].tag = "td";
    }
  }
}
