/** Re-exports server/parent-namespace.ts under the path that tools and types of other packages import. */
export * from "./server/parent-namespace";
