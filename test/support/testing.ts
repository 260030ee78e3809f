/** The module socket.io/testing; its servers are those of the package under test, and are closed when the test ends. */
import { createServer } from "node:http";
import type { ServerOptions } from "../../lib";
import type { TestClock, TestClockOptions } from "../../lib/testing";
import { onTestEnd } from "./cleanup";
import { Server, subjectName } from "./subject";

/** The module `socket.io/testing`. An installed package has no socket.io-client beside it. */
export const testing: typeof import("../../lib/testing") = require(
  subjectName === "dist" ? "../../dist/testing" : "../../lib/testing",
);

/** Creates a test server, and closes it when the test ends. */
export function startInMemory(options: Partial<ServerOptions> = {}) {
  const server = testing.createTestServer(new Server(createServer(), options));
  onTestEnd(server.close);
  return server;
}

/** Installs a clock, and uninstalls it when the test ends, after the servers that the test has created later. */
export function useClock(options?: TestClockOptions): TestClock {
  const clock = testing.installClock(options);
  onTestEnd(() => clock.uninstall());
  return clock;
}
