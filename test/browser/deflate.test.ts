/** A conversation with permessage-deflate between the server and a page in a real browser. */
import expect from "expect.js";
import type { Browser, Page } from "playwright-core";
import { startBrowser } from "../support/browser";
import { onTestEnd } from "../support/cleanup";
import { fastPathServes, isFast } from "../support/fast-path";
import { Random } from "../support/random";
import { startServer } from "../support/server";
import { eventually, nextValue } from "../support/waiting";

/** Texts of all sizes, with words that appear again. */
function texts(): string[] {
  const random = new Random(17);
  return Array.from({ length: 60 }, (_, index) => {
    const words = Array.from(
      { length: random.pick([1, 10, 100, 1_000, 6_000]) },
      () => `${random.pick(["reconnect", "héllo", "💬", "0123456789"])}${random.below(50)}`,
    );
    return `${index} ${words.join(" ")}`;
  });
}

describe("permessage-deflate in a browser", () => {
  let browser: Browser;

  before(async function () {
    browser = await startBrowser(this);
  });
  after(() => browser?.close());

  async function openPage(url: string): Promise<Page> {
    const context = await browser.newContext();
    onTestEnd(() => context.close());
    const page = await context.newPage();
    await page.goto(`${url}/`);
    await page.addScriptTag({ url: `${url}/socket.io/socket.io.js` });
    return page;
  }

  for (const perMessageDeflate of [true, { serverMaxWindowBits: 10 }, { sharedCompression: false }]) {
    it(`carries texts in both directions, with ${JSON.stringify(perMessageDeflate)} [17]`, async () => {
      const running = await startServer({ perMessageDeflate });
      const { io, httpServer, url } = running;
      httpServer.on("request", (req, res) => {
        if (req.url === "/") {
          res.setHeader("Content-Type", "text/html");
          res.end("<!doctype html><title>deflate</title>");
        }
      });
      const page = await openPage(url);
      const connected = nextValue(io, "connection");
      await page.evaluate(`
        globalThis.received = [];
        globalThis.socket = io({ transports: ["websocket"] });
        socket.onAny((event, text) => received.push(text));
      `);
      const socket = await connected;
      expect(socket.request.headers["sec-websocket-extensions"]).to.contain("permessage-deflate");
      expect(isFast(socket)).to.be(fastPathServes && !("sharedCompression" in Object(perMessageDeflate)));
      const heard: string[] = [];
      socket.on("up", (text: string) => heard.push(text));
      const sent = texts();
      for (const [index, text] of sent.entries()) {
        [() => socket.emit("one", text), () => io.emit("all", text)][index % 2]();
        if (index % 7 === 0) {
          await page.evaluate("0");
        }
      }
      await page.evaluate(`${JSON.stringify(sent)}.forEach((text) => socket.emit("up", text))`);
      await eventually(() => heard.length === sent.length);
      expect(heard).to.eql(sent);
      await page.waitForFunction(`received.length === ${sent.length}`);
      expect(await page.evaluate("received")).to.eql(sent);
    });
  }
});
