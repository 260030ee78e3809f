import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import expect from "expect.js";
import { ownSuite } from "../support/own-tests";
import { subjectName } from "../support/subject";

/** Runs a program in a separate process; resolves with the code and the text of each process warning. */
async function warningsOf(program: string): Promise<[code: string, message: string][]> {
  const library = { lib: "./lib", dist: "./dist" }[subjectName] ?? subjectName;
  const source = `
    process.on("warning", ({ code, message }) => console.log(JSON.stringify([code, message])));
    const { Server, Adapter, SessionAwareAdapter } = require("${library}");
    const npm = require("socket.io-adapter");
    const { EventEmitter } = require("node:events");
    class RedisAdapter extends npm.Adapter {}
    ${program}`;
  const child = spawn(process.execPath, ["--no-warnings", "--import", "tsx", "-e", source], {
    cwd: join(__dirname, "../.."),
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = (await text(child.stdout)).trim().split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line));
}

const RECOVERY = "connectionStateRecovery: {}";

ownSuite("an adapter that does not store sessions", () => {
  it("causes one warning at start, if connection state recovery is enabled [72, 81]", async () => {
    const [[code, message], ...others] = await warningsOf(`
      const io = new Server({ ${RECOVERY}, adapter: (nsp) => new RedisAdapter(nsp) });
      io.of("/chat");
      new Server({ ${RECOVERY}, adapter: RedisAdapter });
    `);
    expect(others).to.eql([]);
    expect(code).to.be("SOCKET_IO_RECOVERY_UNSUPPORTED");
    expect(message).to.contain("The adapter RedisAdapter does not store sessions");
  });

  it("causes a warning when it is set later [72, 81]", async () => {
    const warnings = await warningsOf(`new Server({ ${RECOVERY} }).adapter(RedisAdapter);`);
    expect(warnings.map(([code]) => code)).to.eql(["SOCKET_IO_RECOVERY_UNSUPPORTED"]);
  });

  for (const [what, adapter] of Object.entries({
    "is the base class of this package": "Adapter",
    "is built on the cluster adapter of npm":
      "class extends npm.ClusterAdapterWithHeartbeat { doPublish() { return Promise.resolve('') } doPublishResponse() { return Promise.resolve() } }",
    "is independent of other adapters, and returns null":
      "class extends EventEmitter { restoreSession() { return null; } }",
    "has no such method": "class extends EventEmitter {}",
  })) {
    it(`is detected if it ${what} [72, 81]`, async () => {
      const warnings = await warningsOf(
        `new Server({ ${RECOVERY}, adapter: ${adapter} }); setImmediate(process.exit);`,
      );
      expect(warnings.map(([code]) => code)).to.eql(["SOCKET_IO_RECOVERY_UNSUPPORTED"]);
    });
  }

  it("causes no warning without connection state recovery, and other adapters never do [72, 81]", async () => {
    const warnings = await warningsOf(`
      new Server({ adapter: RedisAdapter });
      const sync = class extends npm.Adapter { restoreSession() { return null; } };
      const own = class extends EventEmitter { async restoreSession() { throw new Error("not found"); } };
      for (const adapter of [undefined, SessionAwareAdapter, npm.SessionAwareAdapter, sync, own]) {
        new Server({ ${RECOVERY}, adapter });
      }
      setImmediate(process.exit);
    `);
    expect(warnings).to.eql([]);
  });
});
