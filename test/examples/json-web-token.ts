/** The example of JSON Web Tokens: valid, wrong and expired ones. */
import { createHmac } from "node:crypto";
import expect from "expect.js";
import { runExample } from "../support/examples";
import { connectClient } from "../support/server";
import { nextEvent, nextValue } from "../support/waiting";

const SECRET = "secret of the test";

/** A token as the sign-in page of an application issues it. */
function tokenFor(name: string, { lifetime = 60, secret = SECRET, alg = "HS256" } = {}): string {
  const exp = Math.floor(Date.now() / 1000) + lifetime;
  const [header, claims] = [
    { alg, typ: "JWT" },
    { sub: name, exp },
  ].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"));
  const signature = createHmac("sha256", secret).update(`${header}.${claims}`).digest("base64url");
  return `${header}.${claims}.${alg === "none" ? "" : signature}`;
}

describe("the example json-web-token", () => {
  const start = () => runExample("json-web-token/index.js", { env: { TOKEN_SECRET: SECRET } });

  it("accepts a client with a valid token, and knows its user [26, 47]", async () => {
    const { url } = await start();
    const ada = connectClient(url, { auth: { token: tokenFor("ada") } });
    expect(await ada.emitWithAck("whoami")).to.be("ada");
  });

  for (const [what, token] of [
    ["no token", undefined],
    ["another value", { toString: "x" }],
    ["a text that is no token", "a.b.c"],
    ["a token of another secret", tokenFor("ada", { secret: "guessed" })],
    ["an unsigned token", tokenFor("ada", { alg: "none" })],
    ["an expired token", tokenFor("ada", { lifetime: -1 })],
  ] as const) {
    it(`refuses a client with ${what}, and serves the others [26, 47]`, async () => {
      const { url, output } = await start();
      const error = await nextValue(connectClient(url, { auth: { token } }), "connect_error");
      expect(error.message).to.be("please sign in");
      const ada = connectClient(url, { auth: { token: tokenFor("ada") } });
      expect(await ada.emitWithAck("whoami")).to.be("ada");
      expect(output()).not.to.contain("Error");
    });
  }

  it("disconnects a client when its token expires, which then connects with a new one [61]", async () => {
    const { url } = await start();
    const ada = connectClient(url, { auth: { token: tokenFor("ada", { lifetime: 2 }) } });
    const left = nextValue(ada, "disconnect");
    await nextEvent(ada, "connect");
    expect(await left).to.be("io server disconnect");
    ada.auth = { token: tokenFor("ada") };
    ada.connect();
    expect(await ada.emitWithAck("whoami")).to.be("ada");
  });

  it("does not start without a secret", async () => {
    const error = await runExample("json-web-token/index.js", { env: { TOKEN_SECRET: "" } }).then(
      () => undefined,
      (reason: Error) => reason,
    );
    expect(error?.message).to.contain("TOKEN_SECRET");
  });
});
