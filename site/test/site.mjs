/** The built site, in Chromium: accessibility, weight, requests, keyboard and search. `npm run docs` builds it. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import expect from "expect.js";
import { startBrowser } from "../../test/support/browser.ts";
import { serveSite } from "../serve.mjs";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** The most bytes of a page without the search, as they are transferred. */
const heaviest = 200_000;

const templates = {
  "the home page": "",
  "a guide": "guides/rooms.html",
  "the reference": "api/broadcastoperator.html",
};
const files = readdirSync(dist, { recursive: true }).map((name) => name.replaceAll("\\", "/"));

describe("the site", function () {
  this.timeout(300_000);

  let server;
  let url;
  let browser;

  before(async function () {
    server = await serveSite(0, "/");
    url = `http://localhost:${server.address().port}/`;
    browser = await startBrowser(this);
  });

  after(async () => {
    await browser?.close();
    server?.closeAllConnections();
    server?.close();
  });

  /** Opens a page in a context of its own. The list has all requests of the page. */
  async function open(path, { width = 1280, colorScheme = "light" } = {}) {
    const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme });
    const page = await context.newPage();
    const requests = [];
    page.on("requestfinished", (request) => requests.push(request));
    await page.goto(url + path, { waitUntil: "networkidle" });
    return { context, page, requests };
  }

  async function openSearch(page, text) {
    await page.keyboard.press("Control+k");
    await page.locator(".VPLocalSearchBox input").fill(text);
    await page.locator(".VPLocalSearchBox .result").first().waitFor();
  }

  /** What axe finds: the rule, and the elements. */
  async function findings(page) {
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => globalThis.axe.run({ resultTypes: ["violations"] }));
    return violations.map(
      ({ id, nodes }) =>
        `${id}: ${nodes
          .map(({ html }) => html.slice(0, 150))
          .slice(0, 3)
          .join(" ")}`,
    );
  }

  for (const width of [1280, 390]) {
    for (const colorScheme of ["light", "dark"]) {
      it(`is accessible at ${width} pixels in ${colorScheme} colours`, async () => {
        const found = {};
        const { context, page } = await open("", { width, colorScheme });
        for (const [name, path] of Object.entries(templates)) {
          await page.goto(url + path);
          found[name] = await findings(page);
        }
        await openSearch(page, "room");
        found["the search"] = await findings(page);
        await context.close();
        expect(found).to.eql({ "the home page": [], "a guide": [], "the reference": [], "the search": [] });
      });
    }
  }

  it("has no page above 200 kB without the search, and none that asks another server", async () => {
    const weights = [];
    const largest = files
      .filter((name) => name.endsWith(".html"))
      .sort((a, b) => readFileSync(join(dist, b)).length - readFileSync(join(dist, a)).length)
      .slice(0, 2);
    for (const path of [...Object.values(templates), ...largest]) {
      const { context, requests } = await open(path);
      const sizes = await Promise.all(requests.map((request) => request.sizes()));
      weights.push({ path, bytes: sizes.reduce((sum, { responseBodySize }) => sum + responseBodySize, 0) });
      expect(requests.map((request) => request.url()).filter((address) => !address.startsWith(url))).to.eql(
        [],
      );
      await context.close();
    }
    console.log(
      weights.map(({ path, bytes }) => `${path || "/"}: ${Math.round(bytes / 1000)} kB`).join(", "),
    );
    expect(weights.filter(({ bytes }) => bytes > heaviest)).to.eql([]);
  });

  it("finds a section by its words, without another server", async () => {
    const { context, page, requests } = await open("");
    await openSearch(page, "ackTimeout");
    const results = await page.locator(".VPLocalSearchBox .result").allTextContents();
    expect(results.join(" ")).to.contain("Answers that never come");
    expect(requests.map((request) => request.url()).filter((address) => !address.startsWith(url))).to.eql([]);
    await context.close();
  });

  it("can be used with the keyboard: a link to the content comes first, and the focus is visible", async () => {
    const { context, page } = await open("guides/rooms.html");
    const focused = () =>
      page.evaluate(() => {
        const element = document.activeElement;
        const { outlineStyle, boxShadow } = getComputedStyle(element);
        const { width, height } = element.getBoundingClientRect();
        const isVisible = width > 1 && height > 1 && (outlineStyle !== "none" || boxShadow !== "none");
        return { text: element.textContent.trim(), isVisible };
      });
    const hidden = [];
    for (let step = 0; step < 25; step++) {
      await page.keyboard.press("Tab");
      const { text, isVisible } = await focused();
      if (step === 0) {
        expect(text).to.be("Skip to content");
      }
      if (!isVisible) {
        hidden.push(text);
      }
    }
    expect(hidden).to.eql([]);

    await page.reload({ waitUntil: "networkidle" });
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    expect(await page.evaluate(() => document.activeElement.id)).to.be("VPContent");
    await context.close();
  });

  it("has each page as plain Markdown, and an index of them for programs", () => {
    const pages = files.filter((name) => name.endsWith(".html") && name !== "404.html");
    expect(pages.length).to.be.greaterThan(40);
    expect(pages.filter((name) => !existsSync(join(dist, name.replace(/html$/, "md"))))).to.eql([]);

    const index = readFileSync(join(dist, "llms.txt"), "utf8");
    const listed = [...index.matchAll(/\]\(([^)#]+)\)/g)].map(([, page]) => page);
    expect(listed.sort()).to.eql(pages.map((name) => name.replace(/html$/, "md")).sort());
    expect(readFileSync(join(dist, "llms-full.txt"), "utf8").includes("\n# Emit cheat sheet\n")).to.be(true);
  });
});
