/** A keep-alive connection for HTTP requests, one after the other, whose responses have a known length or no content. */
import { openSocket } from "./client.mjs";

const endOfHead = "\r\n\r\n";
const typeOfBody = "\r\nContent-Type: text/plain;charset=UTF-8";

export class Requests {
  #socket;
  #received = Buffer.alloc(0);
  #settle = { resolve(_response) {}, reject(_error) {} };
  /** The reason why no further request can be sent. @type {Error | undefined} */
  #ended;

  /**
   * @param {import("./client.mjs").Target} target
   * @param {string[]} headers of each request
   */
  constructor(target, headers = []) {
    this.#socket = openSocket(target, (bytes, length) => this.#take(Buffer.from(bytes.subarray(0, length))));
    this.#socket.on("error", (error) => this.#end(error));
    this.#socket.once("end", () => this.#end(new Error("the server has ended the HTTP connection")));
    this.headers = ["Host: localhost", ...headers].join("\r\n");
  }

  #end(error) {
    this.#ended ??= error;
    this.#settle.reject(error);
  }

  /** Resolves with the body of the response; rejects if the status is not one of success. @returns {Promise<Buffer>} */
  send(method, path, body = "") {
    if (this.#ended) {
      return Promise.reject(this.#ended);
    }
    const content = method === "POST" ? `${typeOfBody}\r\nContent-Length: ${Buffer.byteLength(body)}` : "";
    this.#socket.write(`${method} ${path} HTTP/1.1\r\n${this.headers}${content}${endOfHead}${body}`);
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
  }

  #take(bytes) {
    this.#received = this.#received.length > 0 ? Buffer.concat([this.#received, bytes]) : bytes;
    const start = this.#received.indexOf(endOfHead) + endOfHead.length;
    if (start < endOfHead.length) {
      return;
    }
    const head = this.#received.latin1Slice(0, start);
    const end = start + Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? 0);
    if (this.#received.length < end) {
      return;
    }
    const body = this.#received.subarray(start, end);
    this.#received = this.#received.subarray(end);
    if (/^HTTP\/1\.1 20\d/.test(head)) {
      this.#settle.resolve(body);
    } else {
      this.#settle.reject(new Error(`the server answers ${head.split("\r\n", 1)[0]}: ${body}`));
    }
  }

  destroy() {
    this.#settle = { resolve() {}, reject() {} };
    this.#socket.destroy();
  }
}
