/** Re-exports socket/socket.ts under the path that tools and types of other packages import. */
export * from "./socket/socket";
