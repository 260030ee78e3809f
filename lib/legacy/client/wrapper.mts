/** The entry point socket.io/legacy/client for import: exports the same names as index.ts. */
export { Socket, setPath } from "./index.js";
