/** The chat of `npm start` in a real browser: two people, each in a window of their own. */
import { randomBytes } from "node:crypto";
import { deflateSync } from "node:zlib";
import expect from "expect.js";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { type Network, startBrowser, startNetwork } from "../support/browser";
import { type Chat, startChat } from "../support/chat-example";
import { onTestEnd } from "../support/cleanup";

/** A grey square, 16 by 16. */
const png = (() => {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    return Buffer.concat([length, body, checksum(body)]);
  };
  const header = Buffer.from([0, 0, 0, 16, 0, 0, 0, 16, 8, 0, 0, 0, 0]);
  const rows = Buffer.alloc(17 * 16, 120);
  for (let row = 0; row < 16; row++) {
    rows[row * 17] = 0;
  }
  const signature = Buffer.from("89504e470d0a1a0a", "hex");
  const end = chunk("IEND", Buffer.alloc(0));
  return Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", deflateSync(rows)), end]);
})();

/** The CRC-32 that follows each chunk of a PNG file. */
function checksum(bytes: Buffer): Buffer {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) {
      crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    }
  }
  const result = Buffer.alloc(4);
  result.writeUInt32BE((crc ^ 0xffffffff) >>> 0);
  return result;
}

describe("the chat example in a browser", function () {
  this.timeout(30_000);
  let browser: Browser;
  let chat: Chat;
  let network: Network;
  let complaints: string[] = [];

  before(async function () {
    browser = await startBrowser(this);
    chat = await startChat();
    network = await startNetwork(chat.url);
  });

  after(async () => {
    await browser?.close();
    await network?.close();
    await chat?.stop();
  });

  /** What the browser complains about (a script that fails, something that the page's policy forbids) fails the test. */
  afterEach(() => {
    const found = complaints;
    complaints = [];
    expect(found).to.eql([]);
  });

  const newRoom = () => `room-${randomBytes(6).toString("hex")}`;

  async function open(room: string, options: BrowserContextOptions = {}, url = chat.url): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    context.setDefaultTimeout(20_000);
    onTestEnd(() => context.close());
    const page = await context.newPage();
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => {
      // a request that fails while the network is cut is no complaint about the page
      if (message.type() === "error" && !/net::ERR_|Failed to load resource/.test(message.text())) {
        complaints.push(message.text());
      }
    });
    await page.goto(`${url}/#${room}`);
    return page;
  }

  /** Opens the page and enters with the keyboard: the focus is in the field for the nickname. */
  async function enter(nickname: string, room: string, options?: BrowserContextOptions, url?: string) {
    const page = await open(room, options, url);
    await page.getByRole("dialog", { name: "Who are you?" }).waitFor();
    await page.keyboard.type(nickname);
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    return page;
  }

  async function say(page: Page, text: string) {
    await page.getByRole("textbox", { name: "Message to" }).fill(text);
    await page.keyboard.press("Enter");
  }

  const upgraded = (page: Page) => page.locator("[data-transport=websocket]").waitFor();
  const bubble = (page: Page, text: string) => page.locator(".bubble", { hasText: text });
  const border = (element: any) => (globalThis as any).getComputedStyle(element).borderStyle;
  const focused = (page: Page) =>
    page.evaluate("document.activeElement.id || document.activeElement.className");

  it("two people meet, and see each other's messages, which never become markup [50, 63, 65]", async () => {
    const room = newRoom();
    const ada = await enter("Ada", room);
    const bob = await enter("Bob", room);
    await ada.getByText("Bob joined").waitFor();
    await ada.locator("#people", { hasText: "Ada" }).getByText("Bob").waitFor();
    await ada.getByRole("button", { name: `${room}, 2 people` }).waitFor();

    const markup = "<img src=x onerror=alert(1)> & <b>bold</b>";
    await say(ada, markup);
    await bubble(bob, markup).waitFor();
    expect(await bob.locator(".bubble b, .bubble img").count()).to.be(0);
    await ada.getByText("Delivered").waitFor();
    await say(bob, "one");
    await say(bob, "two");
    await bubble(ada, "two").waitFor();
    expect(await ada.locator(".theirs.first").count()).to.be(1);
    expect(await ada.locator(".theirs.more").count()).to.be(1);

    const carol = await enter("Carol", room);
    await bubble(carol, "two").waitFor();
    expect(await carol.locator(".bubble").allTextContents()).to.eql([markup, "one", "two"]);
  });

  it("says in plain words that it is connected [14, 39]", async () => {
    const ada = await enter("Ada", newRoom());
    await upgraded(ada);
    expect(await ada.locator("#connection").textContent()).to.be("Connected");
    expect(await ada.locator("#banner").isVisible()).to.be(false);
    expect(await ada.locator("body").innerText()).not.to.match(/session|polling|websocket|transport/i);
  });

  it("shows who is typing, until the message is there [60]", async () => {
    const room = newRoom();
    const ada = await enter("Ada", room);
    const bob = await enter("Bob", room);
    await ada.getByText("Bob joined").waitFor();
    await upgraded(bob);
    await ada.getByRole("textbox", { name: "Message to" }).focus();
    while (!(await bob.getByText("Ada is typing").isVisible())) {
      await ada.keyboard.type("m"); // a notice that finds the connection busy is dropped; the next one follows
    }
    await ada.keyboard.press("Enter");
    await bubble(bob, "m").waitFor();
    await bob.getByText("Ada is typing").waitFor({ state: "hidden" });
  });

  it("sends images from the file button, the clipboard and a drop, and refuses what is none [55, 84]", async () => {
    const room = newRoom();
    const ada = await enter("Ada", room);
    const bob = await enter("Bob", room);
    const chooser = ada.waitForEvent("filechooser");
    await ada.getByRole("button", { name: "Send an image" }).click();
    await (await chooser).setFiles({ name: "chosen.png", mimeType: "image/png", buffer: png });
    for (const [event, name, carrier] of [
      ["paste", "pasted.png", "clipboardData"],
      ["drop", "dropped.png", "dataTransfer"],
    ]) {
      await ada.evaluate(`{
        const transfer = new DataTransfer();
        const bytes = Uint8Array.from(atob("${png.toString("base64")}"), (character) => character.charCodeAt(0));
        transfer.items.add(new File([bytes], "${name}", { type: "image/png" }));
        const Kind = "${event}" === "paste" ? ClipboardEvent : DragEvent;
        document.body.dispatchEvent(new Kind("${event}", { ${carrier}: transfer, bubbles: true, cancelable: true }));
      }`);
    }
    for (const name of ["chosen.png", "pasted.png", "dropped.png"]) {
      const image = bob.getByRole("img", { name });
      await image.waitFor();
      expect(await image.getAttribute("src")).to.match(/^blob:/);
      await image.evaluate((element: any) => element.decode());
      expect(await image.evaluate((element: any) => element.naturalWidth)).to.be(16);
      await ada
        .locator(".mine", { has: ada.getByRole("img", { name }) })
        .getByText("Delivered")
        .waitFor();
    }

    const choose = (file: { name: string; mimeType: string; buffer: Buffer }) =>
      ada.locator("#file").setInputFiles(file);
    await choose({ name: "large.png", mimeType: "image/png", buffer: Buffer.alloc(3e6, png) });
    await ada.getByText("large.png is too large: 2.9 MB, and the limit is 2.0 MB.").waitFor();
    await choose({ name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("notes") });
    await ada.getByText("notes.txt is not a PNG, JPEG, GIF or WebP image.").waitFor();
    // the browser takes its word for it, the server does not
    await choose({ name: "fake.png", mimeType: "image/png", buffer: Buffer.from("<svg/>") });
    await ada.getByText("Not sent. This is not a PNG, JPEG, GIF or WebP image.").waitFor();
    await ada.getByRole("button", { name: "Try again" }).waitFor();
  });

  it("comes back after a cut with what was said meanwhile, and sends what was written [61, 78, 79]", async () => {
    const room = newRoom();
    const ada = await enter("Ada", room, {}, network.url);
    const bob = await enter("Bob", room);
    await upgraded(ada);
    await say(bob, "before");
    await bubble(ada, "before").waitFor();

    network.cut();
    onTestEnd(() => network.mend());
    await ada.getByText("You are offline. What you write is kept, and sent once you are back.").waitFor();
    expect(await ada.locator("#connection").textContent()).to.be("Offline");
    await bob.getByText("Ada lost the connection").waitFor();
    await say(bob, "in the meantime");
    await bob.locator(".mine", { hasText: "in the meantime" }).getByText("Delivered").waitFor();
    await say(ada, "written without a connection");
    await ada.getByText("Waiting for the connection…").waitFor();
    const pending = ada.locator(".mine", { hasText: "written without a connection" });
    expect(await pending.locator(".bubble").evaluate(border)).to.be("dashed");

    network.mend();
    await bubble(ada, "in the meantime").waitFor();
    await ada.getByText("You are back. You missed 1 message.").waitFor();
    expect(await ada.locator("#banner").isVisible()).to.be(false);
    await bubble(bob, "written without a connection").waitFor();
    await ada.getByText("Delivered").waitFor();
    expect(await pending.locator(".bubble").evaluate(border)).not.to.be("dashed");
    await bob.getByText("Ada is back").waitFor();
    expect(await ada.locator(".bubble").allTextContents()).to.eql([
      "before",
      "written without a connection",
      "in the meantime",
    ]);
  });

  it("sends what was written offline to the room it was written for [55, 61]", async () => {
    const [first, second] = [newRoom(), newRoom()];
    const ada = await enter("Ada", first, {}, network.url);
    const bob = await enter("Bob", first);
    const carol = await enter("Carol", second);
    await upgraded(ada);
    await say(bob, "before");
    await bubble(ada, "before").waitFor();
    await ada.getByRole("button", { name: `${second}, 1 person` }).waitFor();

    network.cut();
    onTestEnd(() => network.mend());
    await ada.locator("#banner").waitFor();
    await say(ada, "for the first room");
    await ada.getByRole("button", { name: second }).click();
    await ada.getByRole("heading", { level: 1, name: second }).waitFor();
    await ada.getByText("What others have written here is shown once you are back.").waitFor();
    await say(ada, "for the second room");
    await ada.getByRole("button", { name: `${first}, 2 people, 1 not sent` }).waitFor();
    expect(await ada.locator(".bubble").allTextContents()).to.eql(["for the second room"]);
    await ada.locator("#room-name").fill("somewhere-new");
    await ada.keyboard.press("Enter");
    await ada.getByText("You are offline. A room that is not in the list").waitFor();

    network.mend();
    await bubble(bob, "for the first room").waitFor();
    await bubble(carol, "for the second room").waitFor();
    await ada.locator(".mine", { hasText: "for the second room" }).getByText("Delivered").waitFor();
    await carol.locator("#people").getByText("Ada").waitFor();
    expect(await bob.locator(".bubble").allTextContents()).to.eql(["before", "for the first room"]);
    expect(await carol.locator(".bubble").allTextContents()).to.eql(["for the second room"]);
    await say(carol, "hello Ada");
    await bubble(ada, "hello Ada").waitFor();
    await ada.getByRole("button", { name: first }).click();
    await bubble(ada, "for the first room").waitFor();
    expect(await ada.locator(".bubble").allTextContents()).to.eql(["before", "for the first room"]);
  });

  it("keeps the messages when the server has lost them, and says so [61]", async () => {
    const own = await startChat();
    onTestEnd(() => own.stop("SIGKILL"));
    const room = newRoom();
    const ada = await enter("Ada", room, {}, own.url);
    const bob = await enter("Bob", room, {}, own.url);
    await say(ada, "before the restart");
    await bubble(bob, "before the restart").waitFor();
    await ada.getByText("Delivered").waitFor();

    await own.stop("SIGKILL");
    await ada.locator("#banner").waitFor();
    const next = await startChat({ PORT: new URL(own.url).port });
    onTestEnd(() => next.stop("SIGKILL"));
    for (const page of [ada, bob]) {
      await page.getByText("The server has lost the messages above, probably in a restart.").waitFor();
      await page.getByText("You are back. You missed nothing.").waitFor();
    }
    await say(ada, "after the restart");
    await bubble(bob, "after the restart").waitFor();
    for (const page of [ada, bob]) {
      expect(await page.locator(".bubble").allTextContents()).to.eql([
        "before the restart",
        "after the restart",
      ]);
    }
    const carol = await enter("Carol", room, {}, own.url);
    await bubble(carol, "after the restart").waitFor();
    expect(await carol.locator(".bubble").count()).to.be(1);
    await ada.getByRole("button", { name: "random" }).click();
    await ada.getByRole("heading", { level: 1, name: "random" }).waitFor();
    await ada.getByRole("button", { name: room }).click();
    await bubble(ada, "after the restart").waitFor();
    expect(await ada.locator(".bubble").count()).to.be(2);
    expect(await ada.locator(".lost").count()).to.be(1);
  });

  it("keeps a draft for each room, and what is not sent, over a reload [55, 63]", async () => {
    const [first, second] = [newRoom(), newRoom()];
    const ada = await enter("Ada", first, {}, network.url);
    const bob = await enter("Bob", first);
    const draft = ada.getByRole("textbox", { name: "Message to" });
    await draft.fill("half a thought");
    await ada.locator("#room-name").fill(second);
    await ada.keyboard.press("Enter");
    await ada.getByRole("heading", { level: 1, name: second }).waitFor();
    expect(await draft.inputValue()).to.be("");
    expect(await draft.getAttribute("placeholder")).to.be(`Message to #${second}`);
    await ada.getByRole("button", { name: `${first}, 1 person, draft` }).click();
    await ada.getByRole("heading", { level: 1, name: first }).waitFor();
    expect(await draft.inputValue()).to.be("half a thought");

    network.cut();
    onTestEnd(() => network.mend());
    await ada.locator("#banner").waitFor();
    await say(ada, "not sent yet");
    await draft.fill("another thought");
    network.mend();
    await ada.reload();
    await ada.getByRole("heading", { level: 1, name: first }).waitFor();
    await bubble(bob, "not sent yet").waitFor();
    await bubble(ada, "not sent yet").waitFor();
    expect(await draft.inputValue()).to.be("another thought");
    await say(ada, "the end");
    await bubble(bob, "the end").waitFor();
    expect(await bob.locator(".bubble").allTextContents()).to.eql(["not sent yet", "the end"]);
  });

  it("makes web addresses links, and nothing else [63]", async () => {
    const room = newRoom();
    const ada = await enter("Ada", room);
    const bob = await enter("Bob", room);
    const text = [
      "See https://example.com/a_(b)?c=1&d=%20#e, (http://example.org). www.example.net!",
      'javascript:alert(1) data:text/html,x https://bank.example@elsewhere.example/ "https://example.com/"onclick="x"',
      "<a href=https://example.com/x>no</a> https://",
    ].join("\n");
    await say(ada, "ready");
    await ada.getByRole("textbox", { name: "Message to" }).fill(text);
    await ada.keyboard.press("Enter");
    const shown = bubble(bob, "See ");
    await shown.waitFor();
    expect(await shown.textContent()).to.be(text);
    const links = await shown
      .locator("a")
      .evaluateAll((found: any[]) =>
        found.map((link) => [link.textContent, link.href, link.target, link.rel, link.attributes.length]),
      );
    const rest = ["_blank", "noopener noreferrer", 3];
    expect(links).to.eql([
      ["https://example.com/a_(b)?c=1&d=%20#e", "https://example.com/a_(b)?c=1&d=%20#e", ...rest],
      ["http://example.org", "http://example.org/", ...rest],
      ["www.example.net", "https://www.example.net/", ...rest],
      ["https://example.com/", "https://example.com/", ...rest],
      ["https://example.com/x", "https://example.com/x", ...rest],
    ]);
  });

  it("remembers the person over a reload, and says when another has the name [47]", async () => {
    const room = newRoom();
    const ada = await enter("Ada", room);
    await say(ada, "still mine after the reload");
    await ada.getByText("Delivered").waitFor();
    await ada.reload();
    await ada.locator(".mine", { hasText: "still mine after the reload" }).waitFor();
    expect(await ada.locator("#self-name").textContent()).to.be("Ada");

    const other = await enter("Ada", room);
    await other.getByText("There is another Ada in this room: here you are Ada 2").waitFor();
    await other.getByRole("button", { name: "Change nickname" }).click();
    await other.keyboard.type("ada");
    await other.keyboard.press("Enter");
    await other.getByText("Somebody in this room is called ada already.").waitFor();
    await other.keyboard.type("Grace");
    await other.keyboard.press("Enter");
    await ada.getByText("Ada 2 is now called Grace").waitFor();
  });

  it("is used with the keyboard alone [63]", async () => {
    // a chat of its own, where nobody else makes rooms appear and disappear
    const own = await startChat();
    onTestEnd(() => own.stop());
    const room = newRoom();
    const ada = await open(room, {}, own.url);
    await ada.getByRole("dialog").waitFor();
    await ada.keyboard.press("Escape");
    await ada.keyboard.press("Escape");
    await ada.keyboard.press("Enter");
    await ada.getByText("Choose a nickname first.").waitFor();
    await ada.keyboard.type("Ada");
    await ada.keyboard.press("Enter");
    await ada.getByRole("dialog").waitFor({ state: "hidden" });
    expect(await focused(ada)).to.be("draft");

    await ada.reload();
    await ada.getByRole("button", { name: "Change nickname" }).waitFor();
    for (let count = 0; count < 30 && (await focused(ada)) !== "skip"; count++) {
      await ada.keyboard.press("Tab");
    }
    await ada.keyboard.press("Enter");
    expect(await focused(ada)).to.be("draft");
    await ada.getByRole("heading", { level: 1, name: room }).waitFor();
    expect(new URL(ada.url()).hash).to.be(`#${room}`);
    await ada.locator(".skip").focus();
    const path: unknown[] = [];
    while (path.at(-1) !== "send" && path.length < 30) {
      await ada.keyboard.press("Tab");
      path.push(await focused(ada));
      const outlined =
        "getComputedStyle(document.activeElement.closest('.composer') ?? document.activeElement)";
      expect(await ada.evaluate(`${outlined}.outlineStyle + ${outlined}.borderStyle`)).not.to.be("nonenone");
    }
    expect(path).to.eql([
      "row",
      "row",
      "row",
      "row",
      "room-name",
      "quiet-button",
      "open-nickname",
      "scroller",
      "attach",
      "draft",
      "send",
    ]);
    while ((await focused(ada)) !== "room-name") {
      await ada.keyboard.press("Shift+Tab");
    }
    const next = newRoom();
    await ada.keyboard.type(next);
    await ada.keyboard.press("Enter");
    await ada.getByRole("heading", { level: 1, name: next }).waitFor();
    expect(await focused(ada)).to.be("draft");
    await ada.keyboard.type("one");
    await ada.keyboard.press("Shift+Enter");
    await ada.keyboard.type("two");
    await ada.keyboard.press("Enter");
    await bubble(ada, "one\ntwo").waitFor();
  });

  it("fits a tablet: rooms and conversation side by side, the people in a drawer [63]", async () => {
    const ada = await enter("Ada", newRoom(), { viewport: { width: 768, height: 1024 } });
    const box = async (selector: string) => (await ada.locator(selector).boundingBox())!;
    const [rooms, conversation] = [await box("#rooms-panel"), await box("#chat")];
    expect(rooms.x).to.be(0);
    expect(conversation.x).to.be(rooms.width);
    expect(conversation.x + conversation.width).to.be(768);
    await ada.getByRole("heading", { name: "Rooms" }).waitFor();
    const people = ada.getByRole("heading", { name: "In this room" });
    await people.waitFor({ state: "hidden" });
    await ada.locator("#open-people").click();
    await people.waitFor();
    await ada.keyboard.press("Escape");
    await people.waitFor({ state: "hidden" });
    await ada.getByRole("button", { name: "random" }).click();
    await ada.getByRole("heading", { level: 1, name: "random" }).waitFor();
  });

  it("fits a phone, with the rooms and the people in drawers [63]", async () => {
    const room = newRoom();
    const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
    const ada = await enter("Ada", room, phone);
    await say(ada, `a long word: ${"x".repeat(200)}`);
    await ada.getByText("Delivered").waitFor();
    const fits =
      "document.documentElement.scrollWidth <= innerWidth && document.scrollingElement.scrollHeight <= innerHeight";
    expect(await ada.evaluate(fits)).to.be(true);

    for (const [button, heading] of [
      ["#open-rooms", "Rooms"],
      ["#open-people", "In this room"],
    ] as const) {
      const drawer = ada.getByRole("heading", { name: heading });
      await drawer.waitFor({ state: "hidden" });
      await ada.locator(button).focus();
      await ada.keyboard.press("Enter");
      await drawer.waitFor();
      expect(await ada.evaluate(fits)).to.be(true);
      expect(await ada.locator(button).getAttribute("aria-expanded")).to.be("true");
      expect(await focused(ada)).to.be("icon-button close");
      await ada.keyboard.press("Escape");
      await drawer.waitFor({ state: "hidden" });
      expect(`#${await focused(ada)}`).to.be(button);
    }

    await ada.locator("#open-rooms").tap();
    await ada.getByRole("button", { name: "random" }).tap();
    await ada.getByRole("heading", { level: 1, name: "random" }).waitFor();
    await ada.getByRole("heading", { name: "Rooms" }).waitFor({ state: "hidden" });
  });
});
