/** The parts of an application of Electron that need no Electron: the server of its main process, and its page. */
import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import expect from "expect.js";
import type { Browser } from "playwright-core";
import { startBrowser } from "../support/browser";
import { onTestEnd } from "../support/cleanup";
import { chromium } from "./support/chromium";
import { tested } from "./support/tested";

const fixture = join(__dirname, "fixtures/electron-app");

interface MainServer {
  port: number;
  token: string;
  close(): Promise<void>;
}

tested(
  {
    area: "Frameworks",
    name: "Electron, without its binary",
    packages: ["socket.io-client"],
    programs: [chromium],
    remark:
      "The server of the main process in Node.js, and the page in Chromium. Electron itself is not installed.",
  },
  () => {
    let browser: Browser;
    let folder: string;

    before(async function () {
      browser = await startBrowser(this);
      folder = mkdtempSync(join(tmpdir(), "socket.io-electron-"));
      cpSync(fixture, folder, { recursive: true });
      symlinkSync(join(__dirname, "node_modules"), join(folder, "node_modules"));
    });

    after(async () => {
      await browser?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    async function textOf(port: number, token: string): Promise<string> {
      const opened = await browser.newPage();
      onTestEnd(() => opened.close());
      const page = pathToFileURL(join(folder, "index.html")).href;
      await opened.goto(`${page}?port=${port}&token=${token}`);
      await opened.waitForFunction("document.querySelector('output').textContent");
      return opened.locator("output").innerText();
    }

    async function start(): Promise<MainServer> {
      const { startServer } = require(join(fixture, "server.cjs"));
      const server: MainServer = await startServer();
      onTestEnd(() => server.close());
      return server;
    }

    it("serves a page that is loaded from a file", async () => {
      const { port, token } = await start();
      expect(await textOf(port, token)).to.be("Hello, Ada!");
    });

    it("refuses a page without the token", async () => {
      const { port } = await start();
      expect(await textOf(port, "wrong")).to.be("unauthorized");
    });
  },
);
