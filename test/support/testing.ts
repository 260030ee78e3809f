/** The module socket.io/testing of the package under test; its servers are closed when the test ends. */
import { join } from "node:path";
import type { ServerOptions } from "../../lib";
import type { TestClock, TestClockOptions } from "../../lib/testing";
import { onTestEnd } from "./cleanup";
import { subjectName } from "./subject";

const folders: Record<string, string> = { lib: "../../lib", dist: "../../dist", reference: "../../lib" };

/** The module `socket.io/testing`. */
export const testing: typeof import("../../lib/testing") = require(
  `${folders[subjectName] ?? join(subjectName, "dist")}/testing`,
);

/** Creates a test server, and closes it when the test ends. */
export function startInMemory(options: Partial<ServerOptions> = {}) {
  const server = testing.createTestServer(options);
  onTestEnd(server.close);
  return server;
}

/** Installs a clock, and uninstalls it when the test ends, after the servers that the test has created later. */
export function useClock(options?: TestClockOptions): TestClock {
  const clock = testing.installClock(options);
  onTestEnd(() => clock.uninstall());
  return clock;
}
