/** The page about a contract that examples/contract/document.mjs writes, in Chromium. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import expect from "expect.js";
import type { Browser, Page } from "playwright-core";
import { startBrowser } from "../support/browser";
import { onTestEnd } from "../support/cleanup";
import { root, runNode } from "../support/repository";

describe("the page about a contract", function () {
  this.timeout(60_000);
  let browser: Browser;
  let folder: string;

  before(async function () {
    browser = await startBrowser(this);
    folder = mkdtempSync(join(tmpdir(), "socket.io-document-"));
    const { code, output } = await runNode([join(root, "examples/contract/document.mjs"), folder]);
    expect([code, output]).to.eql([0, ""]);
  });

  after(async () => {
    await browser?.close();
    folder && rmSync(folder, { recursive: true });
  });

  /** Opens the page, which may request nothing else. */
  async function open(width: number, colorScheme: "light" | "dark"): Promise<Page> {
    const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
    onTestEnd(() => page.close());
    const url = pathToFileURL(join(folder, "asyncapi.html")).href;
    const others: string[] = [];
    page.on("request", (request) => request.url() !== url && others.push(request.url()));
    await page.goto(url);
    expect(others.filter((other) => !other.startsWith("data:"))).to.eql([]);
    return page;
  }

  /** The rows of the tables in an article, with "|" between the cells. */
  const rowsOf = (page: Page, article: string) =>
    page
      .locator(`article[id="${article}"] tbody tr`)
      .evaluateAll((rows) =>
        rows.map((row) => [...row.children].map((cell) => cell.textContent).join(" | ")),
      );

  it("has a heading for each event, with its direction, and the fields of its arguments and its answer", async () => {
    const page = await open(1280, "light");
    expect(await page.locator("h3").allTextContents()).to.eql([
      "auth client → server",
      "join client → server",
      "message client → server",
      "typing client → server",
      "message server → client",
      "whoami server → client",
      "ROOM_FULL",
      "INVALID_PAYLOAD",
      "HANDLER_ERROR",
    ]);
    expect(await rowsOf(page, "auth")).to.contain('language | string | optional; default: "en"');
    expect(await rowsOf(page, "clientToServer.message")).to.eql([
      "argument | object | required",
      "room | string | required; 1 to 30 characters",
      "text | string | required; 1 to 500 characters",
      "answer | object | required",
      "value | object | required",
      "id | string | required",
    ]);
  });

  it("leads from an event to the errors with which the server may answer", async () => {
    const page = await open(1280, "light");
    await page.locator('article[id="clientToServer.join"]').getByRole("link", { name: "ROOM_FULL" }).click();
    expect(await page.locator("article:target h3").textContent()).to.be("ROOM_FULL");
    const links = await page
      .locator('a[href^="#"]')
      .evaluateAll((all) => all.map(({ hash }: any) => hash.slice(1)));
    const ids = await page.locator("[id]").evaluateAll((all) => all.map(({ id }) => id));
    expect(new Set(ids).size).to.be(ids.length);
    expect(links.filter((link) => !ids.includes(link))).to.eql([]);
  });

  for (const width of [390, 1280]) {
    for (const scheme of ["light", "dark"] as const) {
      it(`is readable ${width} pixels wide, ${scheme}`, async () => {
        const page = await open(width, scheme);
        const { overflow, ground, ink } = await page.evaluate<{
          overflow: number;
          ground: string;
          ink: string;
        }>(`({
          overflow: document.documentElement.scrollWidth - innerWidth,
          ground: getComputedStyle(document.body).backgroundColor,
          ink: getComputedStyle(document.body).color,
        })`);
        expect(overflow).to.be(0);
        const brightness = (color: string) => Number(color.match(/\d+/)?.[0]);
        const isDark = brightness(ground) < brightness(ink);
        expect(isDark).to.be(scheme === "dark");
        expect(Math.abs(brightness(ground) - brightness(ink))).to.be.above(150);
      });
    }
  }
});
