/** Development servers with their own WebSocket for hot reloading, on the same port as the server. */
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import expect from "expect.js";
import type { Browser } from "playwright-core";
import { WebSocket } from "ws";
import { startBrowser } from "../support/browser";
import { onTestEnd } from "../support/cleanup";
import { eventually, nextEvent, nextValue } from "../support/waiting";
import { chromium } from "./support/chromium";
import { client, greetEachWay } from "./support/hello";
import { startListening, startProgram } from "./support/programs";
import { tested } from "./support/tested";

const fixtures = join(__dirname, "fixtures");

/** Resolves with the first message of the development server over its WebSocket. */
async function firstMessage(url: string, protocol?: string): Promise<string> {
  const webSocket = new WebSocket(url.replace("http", "ws"), protocol);
  onTestEnd(() => webSocket.terminate());
  const [data] = await once(webSocket, "message");
  return String(data);
}

/** A copy of a fixture that a test may change, in a folder that finds the packages of the tests. */
function copyOf(fixture: string): string {
  const parent = join(fixtures, ".copies");
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, `${fixture}-`));
  onTestEnd(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  cpSync(join(fixtures, fixture), folder, { recursive: true });
  return folder;
}

tested(
  { area: "Frameworks", name: "Next.js, with a custom server", packages: ["next"], programs: [chromium] },
  () => {
    const env = { NEXT_TELEMETRY_DISABLED: "1" };
    const start = () => startListening([join(fixtures, "next-app/server.cjs")], { env });
    let browser: Browser;

    before(async function () {
      browser = await startBrowser(this);
    });

    after(() => browser?.close());

    /** Emits a comment from a route. */
    async function comment(url: string, text: string): Promise<void> {
      const body = JSON.stringify({ text });
      expect((await fetch(`${url}/api/comments`, { method: "POST", body })).status).to.be(200);
    }

    it("shares a port with the pages and the hot reloading of the development server", async () => {
      const { url } = await start();
      const page = await (await fetch(url)).text();
      expect(page).to.contain("<p>the page</p>");
      expect(await firstMessage(`${url}/_next/hmr?id=test`)).to.be.ok();
      await greetEachWay(url);
    });

    it("lets a route emit", async () => {
      const { url } = await start();
      const reader = client(url, { transports: ["websocket"] });
      await nextEvent(reader, "connect");
      const received = nextValue(reader, "comment");
      await comment(url, "hello");
      expect(await received).to.be("hello");
    });

    it("sends events to a component of React, once each", async () => {
      const { url } = await start();
      const page = await browser.newPage();
      onTestEnd(() => page.close());
      await page.goto(url);
      await page.locator("p:text-is('connected')").waitFor();
      await comment(url, "one");
      await comment(url, "two");
      await page.locator("pre:text('two')").waitFor();
      expect(await page.locator("pre").textContent()).to.be("one\ntwo");
    });
  },
);

tested(
  { area: "Frameworks", name: "Vite, in middleware mode", packages: ["vite"], programs: [chromium] },
  () => {
    let browser: Browser;

    before(async function () {
      browser = await startBrowser(this);
    });

    after(() => browser?.close());

    it("shares a port with the modules and the hot reloading of the development server", async () => {
      const { url } = await startListening(["server.mjs"], { cwd: copyOf("vite-app") });
      const page = await (await fetch(url)).text();
      expect(page).to.contain("/@vite/client");
      const [, token] = /wsToken = "([^"]+)"/.exec(await (await fetch(`${url}/@vite/client`)).text()) ?? [];
      expect(JSON.parse(await firstMessage(`${url}/?token=${token}`, "vite-hmr"))).to.eql({
        type: "connected",
      });
      await greetEachWay(url);
    });

    it("keeps the connection of a page when its module is reloaded", async () => {
      const folder = copyOf("vite-app");
      const { url } = await startListening(["server.mjs"], { cwd: folder });
      const page = await browser.newPage();
      onTestEnd(() => page.close());
      const connections: { isClosed(): boolean }[] = [];
      page.on("websocket", (webSocket) => {
        if (webSocket.url().includes("/socket.io/")) {
          connections.push(webSocket);
        }
      });
      await page.goto(url);
      await page.waitForFunction("document.title.startsWith('Hello, the page')");
      await eventually(() => connections.length === 1);

      await page.evaluate("document.title = ''");
      const module = join(folder, "socket.js");
      writeFileSync(module, `${readFileSync(module, "utf8")}\nwindow.isReloaded = true;\n`);
      await page.waitForFunction("window.isReloaded && document.title.startsWith('Hello, the page')");
      expect(connections.map((webSocket) => webSocket.isClosed())).to.eql([false]);
    });
  },
);

tested(
  {
    area: "Frameworks",
    name: "Nuxt",
    packages: ["nuxt", "nitropack"],
    programs: [chromium],
    remark: "A plugin of Nitro attaches the server.",
  },
  function () {
    this.timeout(600_000);
    const nuxt = join(__dirname, "node_modules/nuxt/bin/nuxt.mjs");
    const env = { NUXT_TELEMETRY_DISABLED: "1", HOST: "127.0.0.1" };
    let browser: Browser;

    before(async function () {
      browser = await startBrowser(this);
    });

    after(() => browser?.close());

    /** The first request after the start makes Nitro's plugin attach the server. */
    async function servesPageAndClients(url: string): Promise<void> {
      expect(await (await fetch(url)).text()).to.contain("<p>the page</p>");
      await greetEachWay(url);
      const page = await browser.newPage();
      onTestEnd(() => page.close());
      await page.goto(url);
      await page.waitForFunction("document.querySelector('output')?.textContent.startsWith('Hello, Ada')");
    }

    it("serves pages and clients in development", async () => {
      const args = [nuxt, "dev", "--no-fork", "--host", "127.0.0.1", "--port", "0"];
      const { url, program } = await startListening(args, { cwd: copyOf("nuxt-app"), env });
      await eventually(() => program.output().includes("Nitro server built"));
      await servesPageAndClients(url);
    });

    it("serves pages and clients in production, and disconnects them when it is stopped", async () => {
      const folder = copyOf("nuxt-app");
      const build = startProgram(process.execPath, [nuxt, "build"], {
        cwd: folder,
        env: { ...process.env, ...env },
      });
      const [code] = await once(build.child, "exit");
      expect(`${code}: ${code === 0 ? "" : build.output()}`).to.be("0: ");
      const { url, program } = await startListening([join(folder, ".output/server/index.mjs")], { env });

      const first = client(url, { reconnection: true, reconnectionDelay: 50 });
      await nextEvent(first, "connect_error");
      expect(await first.emitWithAck("hello", "Ada")).to.contain("Hello, Ada");

      await servesPageAndClients(url);
      const left = nextEvent(first, "disconnect");
      const exit = once(program.child, "exit");
      program.child.kill("SIGTERM");
      await left;
      await exit;
    });
  },
);
