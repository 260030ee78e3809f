/** The example with a contract in a real browser: the page imports the contract, with three libraries of schemas. */
import expect from "expect.js";
import type { Browser } from "playwright-core";
import { startBrowser } from "../support/browser";
import { onTestEnd } from "../support/cleanup";
import { runExample } from "../support/examples";
import { ownSuite } from "../support/own-tests";

ownSuite("the page of the example with a contract", () => {
  let browser: Browser;

  before(async function () {
    browser = await startBrowser(this);
  });

  after(() => browser?.close());

  for (const library of ["zod", "valibot", "arktype"]) {
    it(`joins, sends, and learns what is wrong, with the schemas of ${library}`, async () => {
      const { url } = await runExample("contract/server.mjs", { env: { SCHEMAS: library } });
      const problems: string[] = [];
      const open = async (name: string, hash: string) => {
        const context = await browser.newContext();
        onTestEnd(() => context.close());
        const page = await context.newPage();
        page.on("pageerror", (error) => problems.push(error.message));
        await page.goto(`${url}/#${hash}`);
        await page.getByLabel("Name").fill(name);
        return page;
      };
      const ada = await open("ada", "secret");
      await ada.getByRole("button", { name: "Join" }).click();
      await ada.getByText("1 in the room").waitFor();
      const bob = await open("bob", "secret");
      await bob.getByRole("button", { name: "Join" }).click();
      await bob.getByText("2 in the room").waitFor();

      await ada.getByLabel("Message").fill(" hello ");
      await ada.getByLabel("Message").blur();
      await ada.getByText("sent: hello").waitFor();
      await bob.getByText("ada: hello").waitFor();

      await ada.getByLabel("Message").fill("x".repeat(501));
      await ada.getByLabel("Message").blur();
      await ada.getByText("not sent: text").waitFor();

      await ada.getByLabel("Room").fill(" ");
      await ada.getByRole("button", { name: "Join" }).click();
      await ada.getByText(/^INVALID_PAYLOAD \[\{"path":\[0\]/).waitFor();

      const eve = await open("eve", "");
      await eve.getByText("refused: The auth data do not follow the contract").waitFor();
      expect(problems).to.eql([]);
    });
  }
});
