/** A client that starts with HTTP long-polling and upgrades, as browsers do by default (Engine.IO protocol 4). */
import { dialects } from "../wire/dialects.mjs";
import { Client, openSocket } from "./client.mjs";

const base = "/socket.io/?EIO=4&transport=";

export class PollingVisit {
  #handlers;
  #target;
  #http;
  #received = Buffer.alloc(0);
  /** Receives the body of the next response. */
  #onBody = (_body) => {};
  #websocket;
  #heard = new Set();

  /** @param {import("./client.mjs").Target} target */
  constructor(target, handlers) {
    this.#target = target;
    this.#handlers = handlers;
  }

  open() {
    this.#http = openSocket(this.#target, (bytes, length) => this.#take(bytes.subarray(0, length)));
    this.#http.on("error", (error) => this.#handlers.onLost(this, String(error)));
    this.#http.once("end", () => this.#handlers.onLost(this, "the server has ended the HTTP connection"));
    this.#visit().catch((error) => this.#handlers.onLost(this, String(error)));
    return this;
  }

  async #visit() {
    const opened = await this.#request("GET", "polling");
    const [, sid] = /"sid":"([^"]+)"/.exec(opened) ?? [];
    const session = `&sid=${sid}`;
    await this.#request("POST", `polling${session}`, "40");
    const joined = await this.#request("GET", `polling${session}`);
    if (!joined.startsWith("40")) {
      throw new Error(`expected a CONNECT response, got ${joined}`);
    }
    // the poll that the server must end with a "noop", so that the upgrade can continue
    const poll = this.#request("GET", `polling${session}`);
    this.#upgrade(session);
    await poll;
    this.#heard.add("noop");
    this.#proceed();
  }

  #request(method, transport, body) {
    this.#http.write(
      [
        `${method} ${base}${transport} HTTP/1.1`,
        "Host: localhost",
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
        "Accept: */*",
        "Accept-Encoding: gzip, deflate, br",
        ...(body ? ["Content-Type: text/plain;charset=UTF-8", `Content-Length: ${body.length}`] : []),
        "",
        body ?? "",
      ].join("\r\n"),
    );
    return new Promise((resolve) => {
      this.#onBody = resolve;
    });
  }

  #take(bytes) {
    this.#received = Buffer.concat([this.#received, bytes]);
    const end = this.#received.indexOf("\r\n\r\n");
    if (end === -1) {
      return;
    }
    const head = this.#received.subarray(0, end).toString("latin1");
    const [, length = "0"] = /content-length: *(\d+)/i.exec(head) ?? [];
    const whole = end + 4 + Number(length);
    if (this.#received.length < whole) {
      return;
    }
    const body = this.#received.subarray(end + 4, whole).toString();
    this.#received = this.#received.subarray(whole);
    if (head.startsWith("HTTP/1.1 200")) {
      this.#onBody(body);
    } else {
      this.#handlers.onLost(this, `the server answers ${head.split("\r\n", 1)[0]}: ${body}`);
    }
  }

  /** Opens a WebSocket in addition, and sends a probe. */
  #upgrade(session) {
    const dialect = {
      path: () => `${base}websocket${session}`,
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
    this.#http.destroy();
  }
}
