/** A server with zod-sockets, and the same one after the migration that docs/contracts.md describes. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import expect from "expect.js";
import { runExample } from "../support/examples";
import { root } from "../support/repository";
import { eventually, nextEvent } from "../support/waiting";
import { client } from "./support/hello";
import { tested } from "./support/tested";

const BEFORE = "test/ecosystem/fixtures/zod-sockets/before.mjs";
const AFTER = "examples/contract/migration/zod-sockets-after.mjs";

/** The text of a program without white space, and without commas before a closing bracket. */
const condensed = (text: string) => text.replace(/\s+/g, "").replace(/,(?=[)\]}])/g, "");

tested({ area: "Tools", name: "zod-sockets", packages: ["zod-sockets"] }, () => {
  for (const [title, program, report] of [
    ["a server with zod-sockets", BEFORE, "ping handling error"],
    ["the server after the migration", AFTER, 'The event "ping" does not follow the contract'],
  ] as const) {
    it(`${title} answers, sends to the others, and drops and reports wrong events`, async () => {
      const { url, output } = await runExample(join("..", program));
      const [ada, bob] = [await client(url), await client(url)];
      let isAnswered = false;
      bob.emit("ping", 1, () => {
        isAnswered = true;
      });
      expect(await bob.emitWithAck("ping", "2")).to.be("pong 2");
      expect(isAnswered).to.be(false);
      await eventually(() => output().includes(report));
      const heard = nextEvent(bob, "chat");
      ada.emit("chat", 1, { from: "ada" });
      ada.emit("chat", "hello", { from: "ada" });
      expect(await heard).to.eql(["hello", { from: "ada" }]);
    });
  }

  it("the comments in the server after the migration are the code of the server before it", () => {
    const before = condensed(readFileSync(join(root, BEFORE), "utf8"));
    const [, ...lines] = readFileSync(join(root, AFTER), "utf8").split("\n");
    const quoted = lines.flatMap((line) => /\/\/ (.*[()].*)$/.exec(line)?.[1] ?? []);
    expect(quoted.length).to.be(6);
    const parts = quoted.flatMap((comment) => comment.split("…")).map((part) => condensed(part));
    expect(parts.filter((part) => !before.includes(part.replace(/^[)\]}]+$|,$/g, "")))).to.eql([]);
  });
});
