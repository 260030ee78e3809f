/** Re-exports client/client.ts under the path that tools and types of other packages import. */
export * from "./client/client";
