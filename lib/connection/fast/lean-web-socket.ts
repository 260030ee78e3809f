/** Saves memory: a WebSocket of ws without a function that few WebSockets need. */
import { StockWebSocket } from "../stock";

/** Has no function of its own for automatic pongs. */
export class LeanWebSocket extends StockWebSocket {
  /** @internal The function that ws calls when it has sent an automatic pong. */
  get _autoPongComplete(): () => void {
    return () => {
      this._pendingAutoPongs--;
    };
  }

  /** The constructor of ws sets such a function for each WebSocket. */
  set _autoPongComplete(_callback: () => void) {}
}
