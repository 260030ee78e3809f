/** Checks that the peer dependency of socket.io/opentelemetry is installed, before other modules load it. */
import { codedError } from "../errors";

try {
  require("@opentelemetry/api");
} catch (error) {
  throw (error as NodeJS.ErrnoException).code === "MODULE_NOT_FOUND"
    ? codedError("OPENTELEMETRY_NOT_INSTALLED")
    : error;
}
