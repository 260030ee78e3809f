/** Re-exports server/namespace.ts under the path that tools and types of other packages import. */
export * from "./server/namespace";
