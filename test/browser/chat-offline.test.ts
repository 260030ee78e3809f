/** The chat of `npm start` in a real browser, when the network fails or the server stops. */
import expect from "expect.js";
import { startChat } from "../support/chat-example";
import { bubble, ChatPages, newRoom, say, upgraded } from "../support/chat-page";
import { onTestEnd } from "../support/cleanup";

describe("the chat example in a browser without a connection", () => {
  const pages = new ChatPages().use();

  const border = (element: any) => (globalThis as any).getComputedStyle(element).borderStyle;

  it("reconnects after a network failure, receives the missed messages, and sends its own [61, 78, 79]", async () => {
    const room = newRoom();
    const ada = await pages.enter("Ada", room, {}, pages.network.url);
    const bob = await pages.enter("Bob", room);
    await upgraded(ada);
    await say(bob, "before");
    await bubble(ada, "before").waitFor();

    await pages.cut(ada);
    expect(await ada.locator("#connection").textContent()).to.be("Offline");
    await bob.getByText("Ada lost the connection").waitFor();
    await say(bob, "in the meantime");
    await bob.locator(".mine", { hasText: "in the meantime" }).getByText("Delivered").waitFor();
    await say(ada, "written without a connection");
    await ada.getByText("Waiting for the connection…").waitFor();
    const pending = ada.locator(".mine", { hasText: "written without a connection" });
    expect(await pending.locator(".bubble").evaluate(border)).to.be("dashed");

    pages.network.mend();
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

  it("sends messages that were written offline to the room in which they were written [55, 61]", async () => {
    const [first, second] = [newRoom(), newRoom()];
    const ada = await pages.enter("Ada", first, {}, pages.network.url);
    const bob = await pages.enter("Bob", first);
    const carol = await pages.enter("Carol", second);
    await upgraded(ada);
    await say(bob, "before");
    await bubble(ada, "before").waitFor();
    await ada.getByRole("button", { name: `${second}, 1 person` }).waitFor();

    await pages.cut(ada);
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

    pages.network.mend();
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

  it("keeps the messages when the server has lost them, and reports this [61]", async () => {
    const own = await startChat();
    onTestEnd(() => own.stop("SIGKILL"));
    const room = newRoom();
    const ada = await pages.enter("Ada", room, {}, own.url);
    const bob = await pages.enter("Bob", room, {}, own.url);
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
    const carol = await pages.enter("Carol", room, {}, own.url);
    await bubble(carol, "after the restart").waitFor();
    expect(await carol.locator(".bubble").count()).to.be(1);
    await ada.getByRole("button", { name: "random" }).click();
    await ada.getByRole("heading", { level: 1, name: "random" }).waitFor();
    await ada.getByRole("button", { name: room }).click();
    await bubble(ada, "after the restart").waitFor();
    expect(await ada.locator(".bubble").count()).to.be(2);
    expect(await ada.locator(".lost").count()).to.be(1);
  });

  it("keeps a draft for each room, and unsent messages, over a reload [55, 63]", async () => {
    const [first, second] = [newRoom(), newRoom()];
    const ada = await pages.enter("Ada", first, {}, pages.network.url);
    const bob = await pages.enter("Bob", first);
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

    await pages.cut(ada);
    await say(ada, "not sent yet");
    await draft.fill("another thought");
    pages.network.mend();
    await ada.reload();
    await ada.getByRole("heading", { level: 1, name: first }).waitFor();
    await bubble(bob, "not sent yet").waitFor();
    await bubble(ada, "not sent yet").waitFor();
    expect(await draft.inputValue()).to.be("another thought");
    await say(ada, "the end");
    await bubble(bob, "the end").waitFor();
    expect(await bob.locator(".bubble").allTextContents()).to.eql(["not sent yet", "the end"]);
  });
});
