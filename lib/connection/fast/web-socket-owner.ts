/** What a light WebSocket reports to the transport that owns it. */

/** Takes what comes in over a WebSocket. */
export interface WebSocketOwner {
  onMessage(message: string | Buffer): void;
  onWebSocketError(error: Error): void;
  /** Something that was sent could not be written. */
  onWriteError(error: Error): void;
  onWebSocketClose(): void;
  /** The peer will send nothing more; what is sent now still leaves. */
  onPeerEnd(): void;
  /** The kernel has not taken what was written. */
  onBlocked(): void;
  /** The kernel has taken all that was written. */
  onUnblocked(): void;
}
