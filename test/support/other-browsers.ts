/** Firefox and WebKit, if they are installed: they open a page, which reports to the server by itself. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestEnd } from "./cleanup";

const FIREFOX = ["/usr/bin/firefox-esr", "/usr/bin/firefox"].find((path) => existsSync(path));
const WEBKIT = "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser";

/** Runs WebKit on a screen in memory. */
const XVFB = "/usr/bin/xvfb-run";

/** The commands of the installed browsers; Debian has them in firefox-esr, and in webkit2gtk-driver with xvfb and xauth. */
const commands: Record<string, (folder: string) => string[]> = {
  ...(FIREFOX !== undefined && {
    Firefox: (folder) => [FIREFOX, "--headless", "--no-remote", "--profile", folder],
  }),
  ...(existsSync(WEBKIT) && spawnSync(XVFB, ["true"]).status === 0 && { WebKit: () => [XVFB, "-a", WEBKIT] }),
};

/** The names of the installed browsers. With REQUIRE_SERVICES=1, both must be installed. */
export const otherBrowsers = Object.keys(commands);
if (otherBrowsers.length < 2 && process.env.REQUIRE_SERVICES === "1") {
  throw new Error("Firefox or WebKit is not found: apt install firefox-esr webkit2gtk-driver xvfb xauth");
}

/** Opens an address in one of the browsers. The browser is ended after the test. */
export function openIn(browser: string, url: string): void {
  const folder = mkdtempSync(join(tmpdir(), "browser-"));
  const [program, ...args] = [...commands[browser](folder), url];
  const env = { ...process.env, HOME: folder, WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1" };
  const started = spawn(program, args, { stdio: "ignore", env, detached: true });
  const ended = new Promise((resolve) => started.once("exit", resolve));
  onTestEnd(async () => {
    process.kill(-(started.pid as number), "SIGKILL");
    await ended;
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
}
