/** A client that starts with HTTP long-polling and upgrades, as browsers do by default (Engine.IO protocol 4). */
import { dialects } from "../wire/dialects.mjs";
import { Client } from "./client.mjs";
import { browserHeaders, joinByPolling, pathOf } from "./polling-session.mjs";
import { Requests } from "./requests.mjs";

export class PollingVisit {
  #handlers;
  #target;
  #requests;
  #websocket;
  #heard = new Set();

  /** @param {import("./client.mjs").Target} target */
  constructor(target, handlers) {
    this.#target = target;
    this.#handlers = handlers;
  }

  open() {
    this.#requests = new Requests(this.#target, browserHeaders);
    this.#visit().catch((error) => this.#handlers.onLost(this, String(error)));
    return this;
  }

  async #visit() {
    const session = await joinByPolling(this.#requests);
    // the poll that the server must end with a "noop", so that the upgrade can continue
    const poll = this.#requests.send("GET", pathOf("polling", session));
    this.#upgrade(session);
    await poll;
    this.#heard.add("noop");
    this.#proceed();
  }

  /** Opens a WebSocket in addition, and sends a probe. */
  #upgrade(session) {
    const dialect = {
      path: () => pathOf("websocket", session),
      opening: ["2probe"],
      hear: (text) => {
        if (text === "3probe") {
          this.#heard.add("probe");
          this.#proceed();
          return {};
        }
        return { ready: text.startsWith("42") };
      },
    };
    const handlers = { ...this.#handlers, onReady: () => this.#handlers.onReady(this) };
    this.#websocket = new Client(this.#target, dialect, handlers).open();
  }

  /** Upgrades when the poll has ended and the probe is answered, and checks that an event is sent back. */
  #proceed() {
    if (this.#heard.size === 2) {
      this.#websocket.say(["5", dialects.socketIo.echo(0)]);
    }
  }

  drop() {
    this.#websocket.drop();
    this.#handlers = { onLost() {} };
    this.#requests.destroy();
  }
}
