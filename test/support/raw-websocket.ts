/** A WebSocket without a client around it: messages are Engine.IO packets as the protocol writes them. */
import { WebSocket } from "ws";
import { onTestEnd } from "./cleanup";

export class RawWebSocket {
  readonly webSocket: WebSocket;
  /** The code and the reason of the close frame, once the server has closed. */
  readonly closed: Promise<{ code: number; reason: string }>;
  /** All messages so far. */
  readonly seen: string[] = [];
  private taken = 0;
  private wake = () => {};

  /** Opens at once; it is closed when the test ends. `query` is added to that of the handshake. */
  constructor({ port }: { port: number }, query = "") {
    this.webSocket = new WebSocket(`ws://localhost:${port}/socket.io/?EIO=4&transport=websocket${query}`);
    this.webSocket.on("error", () => {});
    this.webSocket.on("message", (data) => {
      this.seen.push(data.toString());
      this.wake();
    });
    this.closed = new Promise((resolve) => {
      this.webSocket.on("close", (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    onTestEnd(() => this.webSocket.terminate());
  }

  /** The next message that was not taken yet. */
  async next(): Promise<string> {
    while (this.taken === this.seen.length) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    return this.seen[this.taken++];
  }

  /** The handshake, and what the server tells in it. */
  async opened(): Promise<Record<string, unknown>> {
    return JSON.parse((await this.next()).slice(1));
  }

  send(...messages: string[]): void {
    for (const message of messages) {
      this.webSocket.send(message);
    }
  }

  /** After the handshake: joins a namespace (`"/chat,"`), and gives the packet that answers. */
  join(namespace = ""): Promise<string> {
    this.send(`40${namespace}`);
    return this.next();
  }
}
