/** A self-signed certificate for localhost, which clients use as certificate authority. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const fixture = (name: string) => readFileSync(join(__dirname, "../fixtures", name));

export const certificate = { key: fixture("localhost.key"), cert: fixture("localhost.crt") };
