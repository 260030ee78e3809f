/** The entry point for `import`: exports the same classes as index.ts. */
export {
  Adapter,
  BroadcastOperator,
  Namespace,
  RemoteSocket,
  Server,
  SessionAwareAdapter,
  Socket,
} from "./index.js";
