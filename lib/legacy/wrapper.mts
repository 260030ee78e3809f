/** The entry point socket.io/legacy for import: exports the same names as index.ts. */
export { Client, Listener, listen } from "./index.js";
