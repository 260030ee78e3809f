/** The ESM door: the same classes, as named exports. */
export {
  Adapter,
  BroadcastOperator,
  Namespace,
  RemoteSocket,
  Server,
  SessionAwareAdapter,
  Socket,
} from "./index.js";
