/** Subscribes a connection over µWebSockets.js to the topics of rooms. */
import type { Publisher, Subscriber } from "../../adapter/contract";
import { UwsTransport } from "./transport";

/** The members of an engine connection that are used. */
export interface UwsConnection {
  readonly transport: object;
  readonly writeBuffer: readonly unknown[];
  on(event: "upgrade", listener: () => void): unknown;
  once(event: "drain", listener: () => void): unknown;
}

/** Becomes ready when the transport is a WebSocket, from the start or after an upgrade, and no packets are buffered. */
export class UwsSubscriber implements Subscriber {
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

  whenReady(ready: () => void): void {
    if (this.isReady) {
      ready();
    } else {
      this.waiting.add(ready);
    }
  }

  cancelReady(ready: () => void): void {
    this.waiting.delete(ready);
  }

  subscribe(topic: string): void {
    this.socket?.subscribe(topic);
  }

  unsubscribe(topic: string): void {
    this.socket?.unsubscribe(topic);
  }
}
