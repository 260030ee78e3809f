/** The entry point socket.io/opentelemetry for import: exports the same names as index.ts. */
export { SocketIoInstrumentation } from "./index.js";
