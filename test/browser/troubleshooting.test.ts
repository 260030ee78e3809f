/** The rows of docs/troubleshooting.md about the rules of browsers, in Chromium. */
import { join } from "node:path";
import expect from "expect.js";
import type { Browser, Page } from "playwright-core";
import { startBrowser } from "../support/browser";
import { onTestEnd } from "../support/cleanup";
import { root } from "../support/repository";
import { startServer } from "../support/server";
import { expectRow } from "../support/troubleshooting";
import { eventually } from "../support/waiting";

const client = join(root, "node_modules/socket.io-client/dist/socket.io.min.js");

describe("a page that may not connect", () => {
  let browser: Browser;

  before(async function () {
    browser = await startBrowser(this);
  });

  after(() => browser?.close());

  /** Opens an empty page at an address that needs no server. */
  async function visit(address: string): Promise<{ page: Page; printed: string[] }> {
    const context = await browser.newContext();
    onTestEnd(() => context.close());
    const page = await context.newPage();
    const printed: string[] = [];
    page.on("console", (message) => printed.push(message.text()));
    await page.route(`${address}/**`, (route) =>
      route.fulfill({ contentType: "text/html", body: "<!doctype html><title>page</title>" }),
    );
    await page.goto(`${address}/`);
    await page.addScriptTag({ path: client });
    return { page, printed };
  }

  /** Connects the page over long-polling; resolves with what its client reports. */
  function refusalIn(page: Page, url: string): Promise<string[]> {
    return page.evaluate(
      (to) =>
        new Promise<string[]>((resolve) =>
          (globalThis as any)
            .io(to, { transports: ["polling"], reconnection: false })
            .on("connect_error", (error: any) => resolve([error.message, String(error.description)])),
        ),
      url,
    );
  }

  it("reports no status, and the console names CORS, if the server does not allow its origin [T5]", async () => {
    const { url } = await startServer();
    const { page, printed } = await visit("http://page.example");
    const seen = await refusalIn(page, url);
    await eventually(() => printed.some((text) => text.includes("blocked by CORS policy")));
    expectRow("T5", { client: [...seen, "blocked by CORS policy"] });
  });

  it("reports no status, and the console names mixed content, if it has TLS and the server does not [T6]", async () => {
    const { page, printed } = await visit("https://page.example");
    const seen = await refusalIn(page, "http://server.example");
    await eventually(() => printed.some((text) => text.startsWith("Mixed Content:")));
    expectRow("T6", { client: [...seen, "Mixed Content: …"] });
    expect(page.url()).to.be("https://page.example/");
  });
});
