/** Several servers of one kind on one Redis server; they answer the commands of a single server. */
import { Child } from "./child.mjs";
import { startRedis } from "./redis.mjs";

export class Nodes {
  #children;
  #redis;

  /** @param {import("./subjects.mjs").Subject} subject @param {number} count */
  constructor({ title, file, packageName }, count) {
    this.#children = Array.from(
      { length: count },
      (_, index) =>
        new Child(`${title}, node ${index + 1}`, "./servers/main.mjs", [`./${file}`, packageName]),
    );
  }

  async ask(command, argument, seconds) {
    if (command === "start") {
      this.#redis = await startRedis();
      const config = { ...argument, redisPort: this.#redis.port };
      const started = await this.#askAll(command, config, seconds);
      return { port: started.map(({ port }) => port) };
    }
    const answers = await this.#askAll(command, argument, seconds);
    return command === "cpu" ? answers.reduce((sum, cpu) => sum + cpu, 0) : answers;
  }

  #askAll(...question) {
    return Promise.all(this.#children.map((child) => child.ask(...question)));
  }

  stop() {
    return Promise.all([...this.#children, this.#redis].map((one) => one?.stop()));
  }
}
