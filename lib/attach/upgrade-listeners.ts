/** Detects whether the upgrade requests of an HTTP server are passed to other listeners too. */
import { EventEmitter } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import type { Duplex } from "node:stream";
import type { Listener } from "../typed-events";
import { switchListener } from "./listener-switch";

/** An HTTP server with a function that receives the requests before the listeners; Node.js 24 has added it. */
type WithCallback = HttpServer & { shouldUpgradeCallback?: unknown };

/** Watches the "upgrade" listeners of one HTTP server. */
export class UpgradeListeners {
  /** Whether the server has had another listener. A listener that was added with `once()` may be removed again. */
  private hasOthers = false;

  constructor(
    private readonly httpServer: HttpServer,
    private readonly own: Listener,
  ) {}

  watch(isNeeded: boolean): void {
    const { httpServer } = this;
    if (switchListener(httpServer, "newListener", this.onNewListener, isNeeded)) {
      this.hasOthers ||= httpServer.listenerCount("upgrade") > 0;
    }
  }

  private readonly onNewListener = (event: string | symbol, listener: Listener): void => {
    this.hasOthers ||= event === "upgrade" && listener !== this.own;
  };

  /** Whether the library's listener is the only one that has received the upgrade request on this socket. */
  isOnlyReceiver(socket: Duplex): boolean {
    const { httpServer } = this;
    const [first, ...others] = httpServer.rawListeners("upgrade");
    return (
      !this.hasOthers &&
      first === this.own &&
      others.length === 0 &&
      // tracing tools replace this method
      httpServer.emit === EventEmitter.prototype.emit &&
      // the application may pass on the requests of another server
      (socket as { server?: unknown }).server === httpServer &&
      isDefault((httpServer as WithCallback).shouldUpgradeCallback)
    );
  }
}

let defaultCallback: string | undefined;

/** Whether a function is the one that Node.js sets if the application has not set another one. */
function isDefault(callback: unknown): boolean {
  if (callback === undefined) {
    return true;
  }
  defaultCallback ??= String((createServer() as WithCallback).shouldUpgradeCallback);
  return String(callback) === defaultCallback;
}
