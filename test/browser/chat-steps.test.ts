/** The pages of the chat in ten steps, in Chromium: what docs/guides/chat.md says that its reader sees. */
import expect from "expect.js";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { startBrowser } from "../support/browser";
import { passwords, runStep } from "../support/chat-steps";
import { onTestEnd } from "../support/cleanup";
import { eventually } from "../support/waiting";

describe("the page of the chat in ten steps", () => {
  let browser: Browser;
  let complaints: string[] = [];
  /** The pages whose connection is a WebSocket. */
  const upgraded = new Set<Page>();

  before(async function () {
    browser = await startBrowser(this);
  });

  after(() => browser?.close());

  // a script that fails also fails the test
  afterEach(() => {
    const found = complaints;
    complaints = [];
    expect(found).to.eql([]);
  });

  async function newContext(): Promise<BrowserContext> {
    const context = await browser.newContext();
    context.setDefaultTimeout(60_000);
    onTestEnd(() => context.close());
    return context;
  }

  /** Opens the page, and answers its question for the name. */
  async function open(url: string, name = "", given?: BrowserContext): Promise<Page> {
    const page = await (given ?? (await newContext())).newPage();
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("websocket", (socket) =>
      socket.on("framesent", ({ payload }) => {
        // the packet "upgrade" of Engine.IO
        if (payload === "5") {
          upgraded.add(page);
        }
      }),
    );
    page.on("dialog", (dialog) => dialog.accept(name));
    await page.goto(url);
    return page;
  }

  async function signIn(page: Page, name: string): Promise<void> {
    await page.getByLabel("Name").fill(name);
    await page.getByLabel("Password").fill(passwords[name] as string);
    await page.getByRole("button", { name: "Sign in" }).click();
    await status(page, "Connected");
  }

  const status = (page: Page, text: string) =>
    page.locator("#status").getByText(text, { exact: true }).waitFor();
  const line = (page: Page, text: string) => page.getByRole("listitem").getByText(text, { exact: true });
  const lines = (page: Page) => page.getByRole("listitem").allTextContents();

  async function say(page: Page, text: string): Promise<void> {
    await page.getByRole("textbox", { name: "Message" }).fill(text);
    await page.keyboard.press("Enter");
  }

  it("says in step 2 that it is not connected", async () => {
    const { url } = await runStep(2);
    await status(await open(url), "Not connected");
  });

  it("shows the state of the connection in step 3, and connects again by itself", async () => {
    const running = await runStep(3);
    const page = await open(running.url);
    await status(page, "Connected");
    const closed = await open(running.url);
    // during the upgrade, the end of a page is noticed later
    await eventually(() => upgraded.has(closed));
    await closed.close();
    await eventually(() => running.output().includes("has disconnected: transport close\n"));
    running.signal("SIGINT");
    await status(page, "Not connected");
    await running.ended;
    await runStep(3, { env: { PORT: new URL(running.url).port } });
    await status(page, "Connected");
  });

  it("shows a message in both windows in step 4, as text", async () => {
    const { url } = await runStep(4);
    const [first, second] = [await open(url), await open(url)];
    await status(second, "Connected");
    await say(first, "<b>hello</b>");
    await line(first, "<b>hello</b>").waitFor();
    await line(second, "<b>hello</b>").waitFor();
    expect(await first.getByRole("textbox", { name: "Message" }).inputValue()).to.be("");
  });

  it("welcomes, announces and lists people in step 5", async () => {
    const { url } = await runStep(5);
    const ada = await open(url, "Ada");
    await line(ada, "Welcome, Ada!").waitFor();
    const bob = await open(url, "Bob");
    await line(bob, "Welcome, Bob!").waitFor();
    await bob.getByText("Here: Ada, Bob").waitFor();
    await line(ada, "Bob has joined").waitFor();
    await eventually(() => upgraded.has(bob));
    await bob.close();
    await line(ada, "Bob has left").waitFor();
    await ada.getByText("Here: Ada", { exact: true }).waitFor();
  });

  it("changes the room in step 6", async () => {
    const { url } = await runStep(6);
    const [ada, bob] = [await open(url, "Ada"), await open(url, "Bob")];
    await line(bob, "Welcome, Bob!").waitFor();
    await bob.getByLabel("Room").selectOption("tea");
    await line(ada, "Bob has left").waitFor();
    await bob.getByText("Here: Bob", { exact: true }).waitFor();
    await say(ada, "for the lobby");
    await line(ada, "Ada: for the lobby").waitFor();
    await say(bob, "for tea");
    await line(bob, "Bob: for tea").waitFor();
    await ada.getByLabel("Room").selectOption("tea");
    await line(bob, "Ada has joined").waitFor();
    await say(bob, "for both");
    await line(ada, "Bob: for both").waitFor();
    expect(await lines(bob)).to.eql(["Bob: for tea", "Ada has joined", "Bob: for both"]);
  });

  it("shows messages in grey in step 7 until the server has them", async () => {
    const running = await runStep(7);
    const page = await open(running.url, "Ada");
    await line(page, "Welcome, Ada!").waitFor();
    running.signal("SIGINT");
    await status(page, "Not connected");
    await running.ended;
    await say(page, "first");
    await say(page, "second");
    const opacities = () =>
      page
        .getByRole("listitem")
        .evaluateAll((items) => items.map((item) => (globalThis as any).getComputedStyle(item).opacity));
    expect((await opacities()).slice(-2)).to.eql(["0.5", "0.5"]);
    await runStep(7, { env: { PORT: new URL(running.url).port } });
    await line(page, "Ada: second").waitFor();
    expect((await lines(page)).filter((text) => !text.startsWith("Welcome"))).to.eql([
      "Ada: first",
      "Ada: second",
    ]);
    await eventually(async () => (await opacities()).every((opacity: string) => opacity === "1"));
  });

  it("shows the history in step 8, and what was missed while the browser was offline", async () => {
    const { url } = await runStep(8);
    const context = await newContext();
    const away = await open(url.replace("localhost", "127.0.0.1"), "Ada", context);
    await line(away, "Welcome, Ada!").waitFor();
    await say(away, "before");
    await line(away, "Ada: before").waitFor();
    upgraded.delete(away);
    await away.reload();
    await line(away, "Welcome, Ada!").waitFor();
    expect((await lines(away))[0]).to.be("Ada: before");

    const bob = await open(url, "Bob");
    await line(away, "Bob has joined").waitFor();
    await eventually(() => upgraded.has(away));
    await context.setOffline(true);
    await status(away, "Not connected");
    await line(bob, "Ada has left").waitFor();
    await say(bob, "missed");
    await line(bob, "Bob: missed").waitFor();
    await say(away, "written offline");
    await context.setOffline(false);
    await line(away, "Bob: missed").waitFor();
    await line(bob, "Ada is back").waitFor();
    await line(bob, "Ada: written offline").waitFor();
    await line(away, "Ada: written offline").waitFor();
    expect((await lines(away)).filter((text) => text.includes(": "))).to.eql([
      "Ada: before",
      "Bob: missed",
      "Ada: written offline",
    ]);
  });

  it("asks for a password in step 9, and signs out all tabs of a person", async () => {
    const running = await runStep(9);
    const context = await newContext();
    const ada = await open(running.url, "", context);
    await ada.getByLabel("Name").fill("ada");
    await ada.getByLabel("Password").fill("wrong");
    await ada.keyboard.press("Enter");
    await ada.getByText("This name and this password do not match.").waitFor();
    await ada.getByRole("link", { name: "Try again" }).click();
    await signIn(ada, "ada");
    const second = await open(running.url, "", context);
    await status(second, "Connected");
    const bob = await open(running.url);
    await signIn(bob, "bob");
    await say(second, "hello");
    await line(bob, "ada: hello").waitFor();

    await ada.getByRole("button", { name: "Sign out" }).click();
    await ada.getByRole("heading", { name: "Sign in" }).waitFor();
    await second.getByRole("heading", { name: "Sign in" }).waitFor();
    await bob.getByText("Here: bob", { exact: true }).waitFor();

    running.signal("SIGINT");
    await running.ended;
    await runStep(9, { env: { PORT: new URL(running.url).port } });
    await bob.getByRole("heading", { name: "Sign in" }).waitFor();
  });

  it("continues in step 10 when the process of the page dies", async () => {
    const { url, output } = await runStep(10);
    const ada = await open(url);
    await signIn(ada, "ada");
    await say(ada, "kept");
    await line(ada, "ada: kept").waitFor();
    const connected = () => /^process (\d+): ada has connected$/m.exec(output())?.[1];
    await eventually(connected);
    const disconnected = status(ada, "Not connected");
    process.kill(Number(connected()), "SIGKILL");
    await disconnected;
    await status(ada, "Connected");
    await line(ada, "ada: kept").waitFor();
    const bob = await open(url);
    await signIn(bob, "bob");
    await line(bob, "ada: kept").waitFor();
    await say(bob, "hello");
    await line(ada, "bob: hello").waitFor();
    await bob.getByText("Here: ").getByText("ada").waitFor();
  });
});
