/** The browser in which pages are tested. */
import { existsSync } from "node:fs";
import { type Program, versionFrom } from "./programs";

export const chromium: Program = {
  name: "chromium",
  debian: "apt install chromium",
  places: ["/usr/bin/chromium-browser", "/usr/bin/google-chrome"].filter((path) => existsSync(path)),
  version: () => versionFrom(chromium, "--version"),
};
