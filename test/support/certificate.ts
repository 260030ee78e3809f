/** A self-signed certificate for localhost, for servers and, as their authority, for clients. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const fixture = (name: string) => readFileSync(join(__dirname, "../fixtures", name));

export const certificate = { key: fixture("localhost.key"), cert: fixture("localhost.crt") };
