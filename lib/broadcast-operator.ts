/** Re-exports BroadcastOperator and RemoteSocket under the path that tracing tools import. */
export { BroadcastOperator } from "./broadcast/operator";
export { RemoteSocket } from "./broadcast/remote-socket";
