/** The options of the guarded servers: low limits, so that each guard is soon triggered. */

/** Behind one proxy, so that clients have the addresses in their headers. */
const common = {
  transports: ["polling", "websocket", "sse"],
  maxHttpBufferSize: 25_000,
  maxPayloadDepth: 20,
  attachmentTimeout: 5_000,
  allowedOrigins: "http://localhost",
  trustProxy: 1,
  cleanupEmptyChildNamespaces: true,
};

/** Closes connections. */
export const STRICT = {
  ...common,
  limits: {
    connections: 8,
    connectionsPerAddress: 4,
    handshakesPerSecond: 5,
    idleHandshakeMs: 10_000,
    packetsPerPayload: 50,
    eventsPerSecond: 20,
    bytesPerSecond: 20_000,
    namespacesPerClient: 3,
    childNamespaces: 2,
    roomsPerSocket: 5,
  },
  slowConsumer: { maxBufferedBytes: 200_000 },
  ackOnDisconnect: "reject",
  connectionStateRecovery: { maxPackets: 10, maxBytes: 300_000, skipMiddlewares: false },
};

/** Drops data, if possible. */
export const LENIENT = {
  ...common,
  limits: {
    connectionsPerAddress: 6,
    handshakesPerSecond: 3,
    packetsPerPayload: 500,
    eventsPerSecond: 10,
    bytesPerSecond: 5_000,
    burst: 4,
    policy: "drop",
    childNamespaces: 3,
    roomsPerSocket: 20,
  },
  slowConsumer: { maxBufferedBytes: 200_000, policy: "drop-oldest" },
  connectionStateRecovery: { maxBytes: 2_000, skipMiddlewares: true },
};
