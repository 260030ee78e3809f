/** The chat of `npm start` in a real browser: two people, each in a separate window. */
import { deflateSync } from "node:zlib";
import expect from "expect.js";
import type { Page } from "playwright-core";
import { startChat } from "../support/chat-example";
import { bubble, ChatPages, newRoom, say, upgraded } from "../support/chat-page";
import { onTestEnd } from "../support/cleanup";

/** A grey square of 16 by 16 pixels. */
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

describe("the chat example in a browser", () => {
  const pages = new ChatPages().use();

  const focused = (page: Page) =>
    page.evaluate("document.activeElement.id || document.activeElement.className");

  it("two people see each other's messages, which are never interpreted as markup [50, 63, 65]", async () => {
    const room = newRoom();
    const ada = await pages.enter("Ada", room);
    const bob = await pages.enter("Bob", room);
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

    const carol = await pages.enter("Carol", room);
    await bubble(carol, "two").waitFor();
    expect(await carol.locator(".bubble").allTextContents()).to.eql([markup, "one", "two"]);
  });

  it("shows that it is connected [14, 39]", async () => {
    const ada = await pages.enter("Ada", newRoom());
    await upgraded(ada);
    expect(await ada.locator("#connection").textContent()).to.be("Connected");
    expect(await ada.locator("#banner").isVisible()).to.be(false);
    expect(await ada.locator("body").innerText()).not.to.match(/session|polling|websocket|transport/i);
  });

  it("shows who is typing, until the message arrives [60]", async () => {
    const room = newRoom();
    const ada = await pages.enter("Ada", room);
    const bob = await pages.enter("Bob", room);
    await ada.getByText("Bob joined").waitFor();
    await upgraded(bob);
    await ada.getByRole("textbox", { name: "Message to" }).focus();
    while (!(await bob.getByText("Ada is typing").isVisible())) {
      await ada.keyboard.type("m"); // a volatile event is dropped while the connection is busy; the next one follows
    }
    await ada.keyboard.press("Enter");
    await bubble(bob, "m").waitFor();
    await bob.getByText("Ada is typing").waitFor({ state: "hidden" });
  });

  it("sends images from the file button, the clipboard and a drop, and refuses other files [55, 84]", async () => {
    const room = newRoom();
    const ada = await pages.enter("Ada", room);
    const bob = await pages.enter("Bob", room);
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
    // the browser trusts the file name, the server does not
    await choose({ name: "fake.png", mimeType: "image/png", buffer: Buffer.from("<svg/>") });
    await ada.getByText("Not sent. This is not a PNG, JPEG, GIF or WebP image.").waitFor();
    await ada.getByRole("button", { name: "Try again" }).waitFor();
  });

  it("turns web addresses into links, and nothing else [63]", async () => {
    const room = newRoom();
    const ada = await pages.enter("Ada", room);
    const bob = await pages.enter("Bob", room);
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

  it("remembers the person over a reload, and reports when the name is taken [47]", async () => {
    const room = newRoom();
    const ada = await pages.enter("Ada", room);
    await say(ada, "still mine after the reload");
    await ada.getByText("Delivered").waitFor();
    await ada.reload();
    await ada.locator(".mine", { hasText: "still mine after the reload" }).waitFor();
    expect(await ada.locator("#self-name").textContent()).to.be("Ada");

    const other = await pages.enter("Ada", room);
    await other.getByText("There is another Ada in this room: here you are Ada 2").waitFor();
    await other.getByRole("button", { name: "Change nickname" }).click();
    await other.keyboard.type("ada");
    await other.keyboard.press("Enter");
    await other.getByText("Somebody in this room is called ada already.").waitFor();
    await other.keyboard.type("Grace");
    await other.keyboard.press("Enter");
    await ada.getByText("Ada 2 is now called Grace").waitFor();
  });

  it("can be used with the keyboard only [63]", async () => {
    // a separate chat, in which no other test creates or removes rooms
    const own = await startChat();
    onTestEnd(() => own.stop());
    const room = newRoom();
    const ada = await pages.open(room, {}, own.url);
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

  it("fits a tablet: rooms beside the conversation, the people in a drawer [63]", async () => {
    const ada = await pages.enter("Ada", newRoom(), { viewport: { width: 768, height: 1024 } });
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
    const ada = await pages.enter("Ada", room, phone);
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
