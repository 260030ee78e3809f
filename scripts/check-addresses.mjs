/**
 * Stops `npm publish` until package.json has the URL of the sources and the URL for bug reports: both must be those of the
 * repository of the release.
 */
import { readFileSync } from "node:fs";

const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const missing = ["repository", "bugs", "homepage"].filter((field) => !manifest[field]);
if (missing.length > 0) {
  console.error(`not published: package.json does not have "${missing.join(`" and "`)}"`);
  process.exitCode = 1;
}
