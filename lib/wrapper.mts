/** The ESM door: the same classes, as named exports. */
export * from "./index.js";
