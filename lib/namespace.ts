/** Re-exports the class and the reserved events of namespaces under the path that tools and types of other packages import. */
export { RESERVED_SERVER_SIDE_EVENTS as RESERVED_EVENTS } from "./events/event-names";
export type { ExtendedError, NamespaceReservedEventsMap, ServerReservedEventsMap } from "./server/namespace";
export { Namespace } from "./server/namespace";
