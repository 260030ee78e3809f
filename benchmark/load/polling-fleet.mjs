/** The clients that stay connected over HTTP long-polling, each with one connection for GET and one for POST. */
import { dialects } from "../wire/dialects.mjs";
import { browserHeaders, joinByPolling, pathOf } from "./polling-session.mjs";
import { Requests } from "./requests.mjs";

export class PollingFleet {
  #clients = [];

  /** @param {{ port: number, clients: number }} plan */
  constructor(plan) {
    this.plan = plan;
  }

  async connect() {
    for (let index = 0; index < this.plan.clients; index++) {
      const [polls, posts] = [1, 2].map(() => new Requests(this.plan, browserHeaders));
      this.#clients.push({ polls, posts, path: pathOf("polling", await joinByPolling(polls, posts)) });
    }
  }

  /** Each client sends an event in a POST, and the next one when the answer to its GET has brought the event back. */
  async exchange({ seconds }) {
    const echo = dialects.socketIo.echo(0);
    const started = performance.now();
    let messages = 0;
    const converse = async ({ polls, posts, path }) => {
      while (performance.now() - started < seconds * 1000) {
        const [body] = await Promise.all([polls.send("GET", path), posts.send("POST", path, echo)]);
        if (!body.latin1Slice(0, 2).startsWith("42")) {
          throw new Error(`expected the event, got ${body}`);
        }
        messages += 1;
      }
    };
    await Promise.all(this.#clients.map(converse));
    return { messages, rate: messages / ((performance.now() - started) / 1000) };
  }

  close() {
    for (const { polls, posts } of this.#clients) {
      polls.destroy();
      posts.destroy();
    }
    this.#clients = [];
  }
}
