/** Checks that the peer dependency of socket.io/opentelemetry is installed, before other modules load it. */

try {
  require("@opentelemetry/api");
} catch (error) {
  if ((error as NodeJS.ErrnoException).code === "MODULE_NOT_FOUND") {
    // loaded now, since this entry point does not load the rest of the library
    const { codedError } = require("../errors") as typeof import("../errors");
    throw codedError("OPENTELEMETRY_NOT_INSTALLED", "@opentelemetry/api");
  }
  throw error;
}
