/** The page of the chat example in a real browser: people, each in a separate window. */
import { randomBytes } from "node:crypto";
import expect from "expect.js";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { type Network, startBrowser, startNetwork } from "./browser";
import { type Chat, startChat } from "./chat-example";
import { onTestEnd } from "./cleanup";

/** The browser, the chat and the network of a suite. */
export class ChatPages {
  private browser?: Browser;
  private chat?: Chat;
  private behind?: Network;
  private complaints: string[] = [];

  /** Registers hooks that start and stop them, in the current suite. */
  use(): this {
    const pages = this;
    before(async function () {
      pages.browser = await startBrowser(this);
      pages.chat = await startChat();
      pages.behind = await startNetwork(pages.chat.url);
    });
    after(async () => {
      await this.browser?.close();
      await this.behind?.close();
      await this.chat?.stop();
    });
    // an error in the browser (a failing script, a violation of the page's policy) fails the test
    afterEach(() => {
      const found = this.complaints;
      this.complaints = [];
      expect(found).to.eql([]);
    });
    return this;
  }

  /** The network in front of the chat, which can be cut. */
  get network(): Network {
    return this.behind as Network;
  }

  async open(room: string, options: BrowserContextOptions = {}, url = this.chat?.url): Promise<Page> {
    const viewport = { width: 1280, height: 800 };
    const context = await (this.browser as Browser).newContext({ viewport, ...options });
    context.setDefaultTimeout(20_000);
    onTestEnd(() => context.close());
    const page = await context.newPage();
    page.on("pageerror", (error) => this.complaints.push(error.message));
    page.on("console", (message) => {
      // a request that fails while the network is cut is not an error of the page
      if (message.type() === "error" && !/net::ERR_|Failed to load resource/.test(message.text())) {
        this.complaints.push(message.text());
      }
    });
    await page.goto(`${url}/#${room}`);
    return page;
  }

  /** Opens the page and enters the room with the keyboard: the field for the nickname has the focus. */
  async enter(nickname: string, room: string, options?: BrowserContextOptions, url?: string): Promise<Page> {
    const page = await this.open(room, options, url);
    await page.getByRole("dialog", { name: "Who are you?" }).waitFor();
    await page.keyboard.type(nickname);
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    return page;
  }

  /** Cuts the network until the end of the test, or until `mend()`; resolves when the page shows it. */
  async cut(page: Page): Promise<void> {
    this.network.cut();
    onTestEnd(() => this.network.mend());
    await page.getByText("You are offline. What you write is kept, and sent once you are back.").waitFor();
  }
}

export const newRoom = () => `room-${randomBytes(6).toString("hex")}`;

export async function say(page: Page, text: string): Promise<void> {
  await page.getByRole("textbox", { name: "Message to" }).fill(text);
  await page.keyboard.press("Enter");
}

export const bubble = (page: Page, text: string) => page.locator(".bubble", { hasText: text });

/** Resolves when the page is connected over a WebSocket. */
export const upgraded = (page: Page) => page.locator("[data-transport=websocket]").waitFor();
