/** Re-exports the class of namespaces under the path that tools and types of other packages import. */
export type { ExtendedError, NamespaceReservedEventsMap, ServerReservedEventsMap } from "./server/namespace";
export { Namespace } from "./server/namespace";
