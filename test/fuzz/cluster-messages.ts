/** The messages between the adapters of a cluster, as @socket.io/cluster-adapter sends them between processes. */

/** Marks the messages of the adapter. */
export const SOURCE = "_sio_adapter";

/** A message that a server has published, with the members that all of them have. */
export interface Published {
  type: number;
  uid: string;
  nsp: string;
  data?: { requestId?: unknown } & Record<string, unknown>;
}

export function isOfCluster(message: unknown): message is Published {
  return (message as { source?: unknown } | null)?.source === SOURCE;
}

/** Whether the message only says that the server is there. */
export function isHeartbeat({ type }: Published): boolean {
  return type === 1 || type === 2;
}
