/** The latest messages in the memory of each process: each process also adds the messages of the others. */
const { History } = require("./history");

/** A process that starts later requests the messages of the others. */
class SharedHistory extends History {
  #io;
  /** Resolves when another process has answered, or when there seems to be none. */
  #ready;

  constructor(io, settings) {
    super(settings);
    this.#io = io;
    io.on("message added", (message) => super.add(message));
    io.on("messages wanted", () => io.serverSideEmit("messages kept", this.all()));
    this.#ready = new Promise((resolve) => {
      setTimeout(resolve, 1000).unref();
      io.on("messages kept", (messages) => {
        this.prepend(messages);
        resolve();
      });
    });
    this.#ask(5);
  }

  /** Some adapters start to listen with a delay, and an earlier answer is lost. */
  #ask(times) {
    if (this.all().length === 0 && times > 0) {
      this.#io.serverSideEmit("messages wanted");
      setTimeout(() => this.#ask(times - 1), 500).unref();
    }
  }

  add(message) {
    super.add(message);
    this.#io.serverSideEmit("message added", message);
  }

  /** Waits for the other processes: otherwise a page would show messages as lost that only this process lacks. */
  async latest(room) {
    await this.#ready;
    return super.latest(room);
  }
}

module.exports = { SharedHistory };
