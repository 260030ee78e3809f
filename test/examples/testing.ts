/** The tests in examples/testing/, with the test runners mocha and node:test; test/ecosystem/ has jest and vitest. */
import { join } from "node:path";
import expect from "expect.js";
import { runExample } from "../support/examples";
import { requireBuild } from "../support/published";
import { programOf, root, runNode } from "../support/repository";
import { connectClient } from "../support/server";
import { nextValue } from "../support/waiting";

const folder = join(root, "examples/testing");

describe("the tests of an application in examples/testing/", () => {
  before(requireBuild);

  it("pass with mocha", async () => {
    const { code, output } = await runNode([
      programOf("mocha"),
      "--no-config",
      "--reporter=tap",
      join(folder, "mocha.test.js"),
    ]);
    expect(output).to.contain("# pass 3");
    expect(code).to.be(0);
  });

  it("pass with node:test", async () => {
    const { code, output } = await runNode(["--test", "--test-reporter=tap", join(folder, "node.test.mjs")]);
    expect(output).to.contain("# pass 3");
    expect(code).to.be(0);
  });

  it("are for an application that listens when it is started as a program", async () => {
    const { url } = await runExample("testing/app.js");
    const client = connectClient(url, { auth: {}, reconnection: false });
    expect((await nextValue<Error>(client, "connect_error")).message).to.be("a name is required");
  });
});
