/** docs/limits.md leads to the pages of docs/limits/. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import expect from "expect.js";
import { root } from "../support/repository";

describe("docs/limits.md", () => {
  it("leads from each section, to which older links lead, to the page with the details", () => {
    const sections = new Map(
      readFileSync(join(root, "docs/limits.md"), "utf8")
        .split(/^#{2,3} /m)
        .map((section) => [section.split("\n")[0], section]),
    );
    const older = [
      ...["A public server", "Who may open a connection", "Connections that are closed"],
      ...[
        "How much a client may send",
        "Packets that are too deep",
        "Requests of long-polling",
        "Attachments",
      ],
      ...["Auth data", "Names", "Joining a namespace", "Limits per namespace", "Slow readers", "Recovery"],
      ...["Handlers that fail", "Answers that never come", "Reports of guards", "Connections that are cut"],
      "Compared with the reference server",
    ];
    expect(older.filter((title) => !/\]\((limits|guides)\//.test(sections.get(title) ?? ""))).to.eql([]);
  });
});
