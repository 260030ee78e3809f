/** The entry point socket.io/testing for import: exports the same names as index.ts. */
export { createTestServer, installClock, settled, waitFor } from "./index.js";
