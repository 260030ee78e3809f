/** `npm run docs` installs the packages of the site once, and again only after a change of its lockfile. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import expect from "expect.js";
import { onTestEnd } from "../../support/cleanup";
import { manifest, removeDirectory } from "../../support/published";
import { root, runNode } from "../../support/repository";

const script = join(root, "scripts/install-if-changed.mjs");

/** A folder with a lockfile that names one package, whose files are in the folder too. */
function folderWithLock(): string {
  const folder = mkdtempSync(join(tmpdir(), "install-"));
  onTestEnd(() => removeDirectory(folder));
  mkdirSync(join(folder, "local"));
  writeLock(folder, "1.0.0");
  return folder;
}

function writeLock(folder: string, version: string): void {
  const write = (file: string, content: unknown) =>
    writeFileSync(join(folder, file), JSON.stringify(content));
  const dependencies = { local: "file:local" };
  write("local/package.json", { name: "local", version });
  write("package.json", { name: "folder", dependencies });
  write("package-lock.json", {
    name: "folder",
    lockfileVersion: 3,
    packages: {
      "": { name: "folder", dependencies },
      local: { version },
      "node_modules/local": { resolved: "local", link: true },
      "node_modules/for-another-system": {
        version: "1.0.0",
        resolved: "https://registry.npmjs.org/for-another-system/-/for-another-system-1.0.0.tgz",
        optional: true,
        os: ["none"],
      },
    },
  });
}

/** Runs the script; resolves with whether it has installed the packages. */
async function installs(folder: string): Promise<boolean> {
  const marker = join(folder, "node_modules/removed-by-npm-ci");
  if (existsSync(join(folder, "node_modules"))) {
    writeFileSync(marker, "");
  }
  const { code, output } = await runNode([script, folder]);
  expect({ code, output: code === 0 ? "" : output }).to.eql({ code: 0, output: "" });
  expect(existsSync(join(folder, "node_modules/local/package.json"))).to.be(true);
  return !existsSync(marker);
}

describe("scripts/install-if-changed.mjs", function () {
  this.timeout(120_000);

  it("installs packages that are missing, and nothing when they are there", async () => {
    const folder = folderWithLock();
    expect(await installs(folder)).to.be(true);
    expect(await installs(folder)).to.be(false);
  });

  it("installs again after a change of the lockfile, and after an interrupted installation", async () => {
    const folder = folderWithLock();
    await installs(folder);
    writeLock(folder, "2.0.0");
    expect(await installs(folder)).to.be(true);

    // npm writes this file last
    rmSync(join(folder, "node_modules/.package-lock.json"));
    expect(await installs(folder)).to.be(true);
  });

  it("installs again if a package is there that the lockfile does not name", async () => {
    const folder = folderWithLock();
    await installs(folder);
    const file = join(folder, "node_modules/.package-lock.json");
    const lock = JSON.parse(readFileSync(file, "utf8"));
    lock.packages["node_modules/other"] = { version: "1.0.0" };
    writeFileSync(file, JSON.stringify(lock));
    expect(await installs(folder)).to.be(true);
  });

  it("fails if npm fails", async () => {
    const folder = folderWithLock();
    writeFileSync(join(folder, "package-lock.json"), "{}");
    expect((await runNode([script, folder])).code).not.to.be(0);
  });

  it("runs before the site is built", () => {
    expect(manifest.scripts.predocs).to.be("node scripts/install-if-changed.mjs site");
  });
});
