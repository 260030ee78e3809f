/** Re-exports the class of sockets under the path that tools and types of other packages import. */
export type { Event } from "./socket/interceptors";
export { Socket } from "./socket/socket";
