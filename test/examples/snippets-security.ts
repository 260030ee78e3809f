/** The example of a public server: origins, tokens that expire, and validated events. */
import { createHmac } from "node:crypto";
import expect from "expect.js";
import { runExample } from "../support/examples";
import { connectClient } from "../support/server";
import { nextEvent, nextValue } from "../support/waiting";

const SECRET = "secret of the test";

/** A token as the sign-in page of an application issues it. */
function tokenFor(user: string, { mayWrite = true, lifetime = 60_000, secret = SECRET } = {}): string {
  const claims = Buffer.from(JSON.stringify({ user, mayWrite, expires: Date.now() + lifetime })).toString(
    "base64url",
  );
  return `${claims}.${createHmac("sha256", secret).update(claims).digest("base64url")}`;
}

describe("the example public-server", () => {
  const start = () => runExample("public-server/index.js", { env: { TOKEN_SECRET: SECRET } });

  it("accepts a client with a valid token, and its valid events [26, 47, 55]", async () => {
    const { url } = await start();
    const ada = connectClient(url, { auth: { token: tokenFor("ada") } });
    const said = nextValue(ada, "said");
    ada.emit("say", { not: "a text" }, () => {});
    ada.emit("say", "without an acknowledgement");
    ada.emit("say", "x".repeat(1_001), () => {});
    expect(await ada.emitWithAck("say", "hello")).to.be("ok");
    expect(await said).to.be("ada");
    const guest = connectClient(url, { auth: { token: tokenFor("guest", { mayWrite: false }) } });
    expect(await guest.emitWithAck("say", "hello")).to.be("not allowed");
  });

  for (const [what, token] of [
    ["no token", undefined],
    ["another value", { toString: "x" }],
    ["a forged token", tokenFor("ada", { secret: "guessed" })],
    ["an expired token", tokenFor("ada", { lifetime: -1 })],
  ] as const) {
    it(`refuses a client with ${what} [26, 47]`, async () => {
      const { url, output } = await start();
      const error = await nextValue(connectClient(url, { auth: { token } }), "connect_error");
      expect(error.message).to.be("please sign in");
      expect(output()).not.to.contain("Error");
    });
  }

  it("disconnects a client when its token expires [61]", async () => {
    const { url } = await start();
    const ada = connectClient(url, { auth: { token: tokenFor("ada", { lifetime: 1_500 }) } });
    const left = nextValue(ada, "disconnect");
    await nextEvent(ada, "connect");
    expect(await left).to.be("io server disconnect");
  });

  it("keeps a client whose token is valid for 30 days", async () => {
    const { url, output } = await start();
    const ada = connectClient(url, { auth: { token: tokenFor("ada", { lifetime: 30 * 24 * 3_600_000 }) } });
    await nextEvent(ada, "connect");
    for (let i = 0; i < 20; i++) {
      expect(await ada.emitWithAck("say", "hello")).to.be("ok");
    }
    expect(output()).not.to.contain("TimeoutOverflowWarning");
  });

  it("does not start without a secret", async () => {
    const error = await runExample("public-server/index.js", { env: { TOKEN_SECRET: "" } }).then(
      () => undefined,
      (reason: Error) => reason,
    );
    expect(error?.message).to.contain("TOKEN_SECRET");
  });

  it("refuses pages of other origins [security 12]", async () => {
    const { url } = await start();
    const request = (origin: string) =>
      fetch(`${url}/socket.io/?EIO=4&transport=polling`, { headers: { origin } });
    expect((await request("https://evil.example")).status).to.be(403);
    expect((await request("https://example.com")).status).to.be(200);
  });
});
