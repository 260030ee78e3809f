/** Re-exports socket/types.ts under the path that tools and types of other packages import. */
export * from "./socket/types";
