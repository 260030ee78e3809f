/** Re-exports the class of dynamic namespaces under the path that types of other packages import. */
export { ParentNamespace } from "./server/parent-namespace";
