/** The address under which the broadcast operator is known. */
export { BroadcastOperator } from "./broadcast/operator";
export { RemoteSocket } from "./broadcast/remote-socket";
