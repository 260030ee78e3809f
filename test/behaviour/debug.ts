import { execFile } from "node:child_process";
import { join } from "node:path";
import expect from "expect.js";
import { environment, root } from "../support/repository";

/** The scopes of the lines that a server and its clients print to stderr, including lines without a scope. */
function scopesPrintedWith(debug: string | undefined): Promise<Set<string>> {
  const { DEBUG: _, ...inherited } = environment();
  const env = { ...inherited, DEBUG_COLORS: "no", DEBUG_HIDE_DATE: "yes", ...(debug && { DEBUG: debug }) };
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      ["--import=tsx", join(root, "test/fixtures/chat.ts")],
      { cwd: root, env, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (error || stdout) {
          reject(error ?? new Error(`it printed to stdout: ${stdout}`));
        } else {
          const lines = stderr.split("\n").filter((line) => line !== "");
          resolve(new Set(lines.map((line) => line.split(" ")[0])));
        }
      },
    );
  });
}

const scopes = ["server", "client", "namespace", "parent-namespace", "socket", "broadcast-operator"];

describe("the DEBUG variable", () => {
  let all: Set<string>;
  let own: Set<string>;
  let one: Set<string>;
  let none: Set<string>;

  before(async () => {
    // four processes run in parallel
    [all, own, one, none] = await Promise.all(
      ["*", "socket.io:*", "socket.io:socket", undefined].map(scopesPrintedWith),
    );
  });

  for (const scope of scopes) {
    it(`socket.io:${scope} prints the actions of this part [92]`, () => {
      expect(all.has(`socket.io:${scope}`)).to.be(true);
    });
  }

  for (const scope of [
    "socket.io-parser",
    "engine",
    "engine:socket",
    "engine:transport",
    "engine:polling",
    "engine:ws",
  ]) {
    it(`${scope} prints the actions of a dependency [92]`, () => {
      expect(all.has(scope)).to.be(true);
    });
  }

  it("socket.io:* prints the scopes of the server only [92]", () => {
    expect([...own].sort()).to.eql(scopes.map((scope) => `socket.io:${scope}`).sort());
  });

  it("one scope prints no other scope [92]", () => {
    expect([...one]).to.eql(["socket.io:socket"]);
  });

  it("nothing is printed if it is not set [92]", () => {
    expect([...none]).to.eql([]);
  });
});
