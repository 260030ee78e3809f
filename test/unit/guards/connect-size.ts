import { join } from "node:path";
import expect from "expect.js";
import { root, runNode } from "../../support/repository";

describe("53 clients with auth data of empty objects", () => {
  it("do not end a process of 1 GB, and an honest client is served [security 26]", async () => {
    const program = join(root, "test/fixtures/auth-keeper.ts");
    const { stdout, output } = await runNode(["--max-old-space-size=1024", "--import=tsx", program, "{},"]);
    expect(stdout || output).to.be('{"joined":0,"refused":53,"answer":"430[\\"yes\\"]"}');
  });
});
