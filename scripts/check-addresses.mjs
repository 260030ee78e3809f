/**
 * Stops `npm publish` as long as package.json does not say where the sources are and where bugs are reported: both
 * addresses have to be those of the repository that the release comes from.
 */
import { readFileSync } from "node:fs";

const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const missing = ["repository", "bugs", "homepage"].filter((field) => !manifest[field]);
if (missing.length > 0) {
  console.error(`not published: package.json does not have "${missing.join(`" and "`)}"`);
  process.exitCode = 1;
}
