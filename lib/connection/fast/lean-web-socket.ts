/** Saves memory: a WebSocket of ws that creates the callback of its automatic pongs when it sends one. */
import { StockWebSocket } from "../stock";

/** A WebSocket without a stored callback for automatic pongs. */
export class LeanWebSocket extends StockWebSocket {
  /** @internal The function that ws calls when it has sent an automatic pong. */
  get _autoPongComplete(): () => void {
    return () => {
      this._pendingAutoPongs--;
    };
  }

  /** Ignores the callback that the constructor of ws creates for each WebSocket. */
  set _autoPongComplete(_callback: () => void) {}
}
