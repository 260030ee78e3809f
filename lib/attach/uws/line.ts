/** A connection over µWebSockets.js, as one that can subscribe to topics. */
import type { Line, Publisher } from "../../adapter/contract";
import { UwsTransport } from "./transport";

/** What is used of a connection of the engine. */
export interface UwsConnection {
  readonly transport: object;
  readonly writeBuffer: readonly unknown[];
  on(event: "upgrade", listener: () => void): unknown;
  once(event: "drain", listener: () => void): unknown;
}

/** Is ready when the connection is a WebSocket, for the first time or after an upgrade, and nothing waits for it. */
export class UwsLine implements Line {
  private isReady = false;
  private readonly waiting = new Set<() => void>();

  constructor(
    private readonly conn: UwsConnection,
    readonly publisher: Publisher,
  ) {
    if (conn.transport instanceof UwsTransport) {
      this.becomeReady();
    } else {
      conn.on("upgrade", this.becomeReady);
    }
  }

  private readonly becomeReady = (): void => {
    if (!this.socket || this.conn.writeBuffer.length > 0) {
      this.conn.once("drain", this.becomeReady);
      return;
    }
    this.isReady = true;
    for (const ready of this.waiting) {
      ready();
    }
    this.waiting.clear();
  };

  private get socket() {
    const { transport } = this.conn;
    return transport instanceof UwsTransport ? transport.socket : undefined;
  }

  add(ready: () => void): void {
    if (this.isReady) {
      ready();
    } else {
      this.waiting.add(ready);
    }
  }

  remove(ready: () => void): void {
    this.waiting.delete(ready);
  }

  subscribe(topic: string): void {
    this.socket?.subscribe(topic);
  }

  unsubscribe(topic: string): void {
    this.socket?.unsubscribe(topic);
  }
}
