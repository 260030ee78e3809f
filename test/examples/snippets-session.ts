/** A session that Express and Socket.IO share. */
import expect from "expect.js";
import { runExample } from "../support/examples";
import { connectClient } from "../support/server";

describe("the express-session example", () => {
  it("allows a socket to read data that a page has stored [32]", async () => {
    const { url } = await runExample("express-session/index.js");
    const page = await fetch(`${url}/sign-in/ada`);
    expect(await page.text()).to.be("Hello, ada");
    const cookie = page.headers.get("set-cookie")?.split(";")[0] ?? "";
    expect(cookie).to.match(/^connect\.sid=/);

    const known = connectClient(url, { extraHeaders: { cookie } });
    expect(await known.emitWithAck("whoami")).to.be("ada");
    await fetch(`${url}/sign-in/grace`, { headers: { cookie } });
    expect(await known.emitWithAck("whoami")).to.be("grace");
  });
});
