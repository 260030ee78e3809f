/** Runs test/fixtures/blocked-peer.ts, a server or a client in another process whose event loop is blocked at times. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { onTestEnd } from "./cleanup";
import { environment, root } from "./repository";

/**
 * Starts the program, as in `startBlockedPeer("client", url)`. The returned function resolves with the next line that the
 * program prints.
 */
export function startBlockedPeer(...args: string[]): () => Promise<string> {
  const child = spawn(process.execPath, ["--import=tsx", "test/fixtures/blocked-peer.ts", ...args], {
    cwd: root,
    env: environment(),
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestEnd(() => child.kill("SIGKILL"));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return async () => (await lines.next()).value;
}
