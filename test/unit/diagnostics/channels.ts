import { AsyncLocalStorage } from "node:async_hooks";
import { channel, subscribe, tracingChannel, unsubscribe } from "node:diagnostics_channel";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import expect from "expect.js";
import { channels } from "../../../lib/diagnostics/channels";
import { STAGES } from "../../support/channels";
import { root } from "../../support/repository";

const all = Object.values(channels);
const page = readFileSync(join(root, "docs/diagnostics.md"), "utf8");
const messages = readFileSync(join(root, "lib/diagnostics/messages.ts"), "utf8");

describe("the diagnostics channels", () => {
  it("have different names, and sentences", () => {
    expect(new Set(all.map(({ name }) => name)).size).to.be(all.length);
    for (const { name, about, since } of all) {
      expect(name).to.match(/^socket\.io:[a-z-]+$/);
      expect(about).to.match(/^[A-Z`].*\.$/);
      expect(since).to.match(/^\d+\.\d+\.\d+$/);
    }
  });

  it("have been added in a release, or in the one that is prepared", () => {
    const releases = readFileSync(join(root, "CHANGELOG.md"), "utf8").match(/^## \d+\.\d+\.\d+/gm);
    for (const { since } of all) {
      expect(releases).to.contain(`## ${since}`);
    }
  });

  for (const one of all) {
    it(`${one.name} is active while it has a subscriber`, () => {
      const names = one.kind === "plain" ? [one.name] : STAGES.map((stage) => `tracing:${one.name}:${stage}`);
      const subscriber = () => {};
      for (const name of names) {
        expect(one.isActive).to.be(false);
        subscribe(name, subscriber);
        expect(one.isActive).to.be(true);
        unsubscribe(name, subscriber);
      }
      expect(one.isActive).to.be(false);
    });

    it(`${one.name} is in docs/diagnostics.md, with its sentence and its message`, () => {
      expect(page).to.contain(`| ${one.about} | ${one.since} |`);
      const section = page.split(`### ${one.name}\n`)[1]?.split("\n### ")[0];
      const [, type] = new RegExp(`"${one.name}": (\\w+);`).exec(messages) ?? [];
      expect(section).to.contain(one.name === "socket.io:guard" ? "limits/reports.md" : `#${type} -->`);
    });
  }

  it("that trace are those of tracingChannel()", () => {
    const { start, end, asyncStart, asyncEnd, error } = tracingChannel("socket.io:event");
    expect(channels.event.start).to.be(start);
    expect(channels.event.end).to.be(end);
    expect(channels.event.asyncStart).to.be(asyncStart);
    expect(channels.event.asyncEnd).to.be(asyncEnd);
    expect(channels.event.error).to.be(error);
  });

  it("are active while a storage is bound", () => {
    const storage = new AsyncLocalStorage();
    const start = channel("tracing:socket.io:event:start");
    start.bindStore(storage);
    expect(channels.event.isActive).to.be(true);
    start.unbindStore(storage);
    expect(channels.event.isActive).to.be(false);
  });
});

describe("the table of a message", () => {
  let messageTable: (text: string, name: string) => string;

  before(async () => {
    ({ messageTable } = await import(pathToFileURL(join(root, "scripts/channel-tables.mjs")).href));
  });

  const text = `export interface Example extends Other {
  /** A text,
   * in two lines: {@link Other}. */
  first?: "a" | "b";
  nsp: Namespace;
}
export interface Other {}
`;

  it("has its members, with types and comments", () => {
    expect(messageTable(text, "Example").split("\n")).to.eql([
      "| Member | Type | Meaning |",
      "| --- | --- | --- |",
      '| `first` (optional) | `"a" \\| "b"` | A text, in two lines: `Other`. |',
      "| `nsp` | `Namespace` | The namespace. |",
    ]);
  });

  it("exists for each message, with a meaning for each member", () => {
    for (const [, name] of page.matchAll(/messages\.ts#(\w+) -->/g)) {
      const table = messageTable(messages, name as string);
      expect(table.split("\n").length).to.be.above(2);
      expect(table).not.to.contain("|  |");
    }
  });
});
