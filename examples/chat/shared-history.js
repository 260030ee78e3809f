/** The latest messages in the memory of each process: whatever one of them adds, the others add too. */
const { History } = require("./history");

/** A process that comes later asks the others for what they have. */
class SharedHistory extends History {
  #io;

  constructor(io, settings) {
    super(settings);
    this.#io = io;
    io.on("message added", (room, message) => super.add(room, message));
    io.on("messages wanted", () => io.serverSideEmit("messages kept", this.all()));
    io.on("messages kept", (entries) => this.prepend(entries));
    this.#ask(5);
  }

  /** Some adapters begin to listen a moment after they are made, and an answer before that is lost. */
  #ask(times) {
    if (this.all().length === 0 && times > 0) {
      this.#io.serverSideEmit("messages wanted");
      setTimeout(() => this.#ask(times - 1), 500).unref();
    }
  }

  add(room, message) {
    super.add(room, message);
    this.#io.serverSideEmit("message added", room, message);
  }
}

module.exports = { SharedHistory };
