/** The latest messages in the memory of each process: whatever one of them adds, the others add too. */
const { History } = require("./history");

/** A process that comes later asks the others for what they have. */
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

  /** Some adapters begin to listen a moment after they are made, and an answer before that is lost. */
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

  /** Without waiting, a page would be told that the server has lost what only this process does not have yet. */
  async latest(room) {
    await this.#ready;
    return super.latest(room);
  }
}

module.exports = { SharedHistory };
