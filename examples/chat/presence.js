/** The people in each room, as the adapter reports them, so that they include all processes of a cluster. */

/** Rooms that are always listed, also without people. */
const standing = ["lobby", "random", "help"];
const listedRooms = 100;

class Presence {
  #io;
  #changed = new Set();
  #timer;
  #turn = Promise.resolve();

  constructor(io) {
    this.#io = io;
  }

  /** A prefix separates the rooms of the chat from the room of each socket's own id. */
  static channel(room) {
    return `room:${room}`;
  }

  /** Whether this person is in the room with another window too. */
  async isElsewhere(room, userId, socketId) {
    const sockets = await this.#io.in(Presence.channel(room)).fetchSockets();
    return sockets.some((socket) => socket.data.userId === userId && socket.id !== socketId);
  }

  async isTaken(room, nickname, userId) {
    return (await this.#takenNicknames(room, userId)).has(nickname.toLowerCase());
  }

  /** The wanted nickname, or the first of "Ada 2", "Ada 3" ... that is free in the room. */
  async freeNickname(room, wanted, userId) {
    const taken = await this.#takenNicknames(room, userId);
    let nickname = wanted;
    for (let number = 2; taken.has(nickname.toLowerCase()); number++) {
      nickname = `${wanted} ${number}`;
    }
    return nickname;
  }

  async #takenNicknames(room, userId) {
    const sockets = await this.#io.in(Presence.channel(room)).fetchSockets();
    return new Set(
      sockets
        .filter((socket) => socket.data.userId !== userId)
        .map((socket) => socket.data.nickname.toLowerCase()),
    );
  }

  /** Runs tasks one after the other, so that two people cannot get the same nickname. */
  inTurn(work) {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }

  /** Sends the new lists to all clients, once for several changes. */
  changed(...rooms) {
    for (const room of rooms) {
      this.#changed.add(room);
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#announce().catch((error) => console.error("The lists are not up to date:", error.message));
    }, 20).unref();
  }

  async #announce() {
    const changed = [...this.#changed];
    this.#changed.clear();
    const rooms = new Map(standing.map((room) => [room, new Map()]));
    for (const { data } of await this.#io.fetchSockets()) {
      if (data.room !== undefined) {
        const people = rooms.get(data.room) ?? new Map();
        rooms.set(data.room, people.set(data.userId, data.nickname));
      }
    }
    for (const room of changed) {
      const people = [...(rooms.get(room) ?? [])].map(([id, nickname]) => ({ id, nickname }));
      people.sort((one, other) => one.nickname.localeCompare(other.nickname));
      this.#io.to(Presence.channel(room)).emit("people", people);
    }
    const others = [...rooms.keys()].filter((room) => !standing.includes(room)).sort();
    const list = [...standing, ...others].map((name) => ({ name, count: rooms.get(name).size }));
    this.#io.emit("rooms", list.slice(0, listedRooms));
  }
}

module.exports = { Presence };
