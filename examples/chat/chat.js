/** The chat: handles the events of a Socket.IO server when people connect, write, change rooms and leave. */
const { randomUUID } = require("node:crypto");
const { History } = require("./history");
const { Presence } = require("./presence");
const { Refusal, credentials, limits, toImage, toNickname, toRoom, toText } = require("./validate");

const { channel } = Presence;

/** After one of these reasons, the client does not recover its session: it has left. */
const departures = new Set([
  "client namespace disconnect",
  "server namespace disconnect",
  "forced server close",
]);

/**
 * Adds the chat to a server.
 *
 * `socket.data` holds `{ userId, wanted, nickname, room }`: adapters send it from one process to another, and connection
 * state recovery brings it back.
 */
function chat(io, { history = new History() } = {}) {
  const presence = new Presence(io);

  io.use((socket, next) => {
    try {
      const { id, nickname, room } = credentials(socket.handshake.auth);
      Object.assign(socket.data, { userId: id, wanted: nickname, entering: room });
      next();
    } catch (error) {
      next(error instanceof Refusal ? error : new Error("That went wrong on the server."));
    }
  });

  io.on("connection", (socket) => {
    const { data } = socket;
    const mayTalk = allowance(20, 2);
    const mayType = allowance(10, 2);
    const ready = socket.recovered ? resume(socket) : arrive(socket);
    ready.catch((error) => {
      console.error(error);
      // not disconnect(): the client reconnects by itself, perhaps to a process that can accept it
      socket.conn.close();
    });

    /** Acknowledges an event: `{ ok: true, ... }` or `{ ok: false, error }`. */
    function answer(event, cost, work) {
      socket.on(event, async (payload, acknowledge) => {
        const reply = typeof acknowledge === "function" ? acknowledge : () => {};
        try {
          if (!mayTalk(cost)) {
            throw new Refusal("That was a bit fast. Wait a few seconds, then try again.");
          }
          await ready;
          reply({ ok: true, ...(await work(payload)) });
        } catch (error) {
          if (!(error instanceof Refusal)) {
            console.error(error);
          }
          reply({
            ok: false,
            error: error instanceof Refusal ? error.message : "That went wrong on the server.",
          });
        }
      });
    }

    answer("message", 1, (payload) => say(socket, toText(payload)));

    answer("image", 3, (payload) => say(socket, toImage(payload)));

    answer("room", 1, async (payload) => {
      const room = toRoom(payload);
      if (room !== data.room) {
        await enter(socket, room);
      }
      return view(socket);
    });

    answer("nickname", 1, (payload) => rename(socket, toNickname(payload)));

    socket.on("typing", (typing) => {
      if (typeof typing === "boolean" && data.room !== undefined && mayType(1)) {
        socket.to(channel(data.room)).volatile.emit("typing", { ...author(socket), typing });
      }
    });

    socket.on("disconnect", async (reason) => {
      if (reason === "server shutting down") {
        return;
      }
      await ready.catch(() => {});
      if (data.room !== undefined) {
        await leave(socket, departures.has(reason) ? "left" : "lost").catch(console.error);
      }
    });
  });

  /** Welcomes a new person, or a person who was away for too long. */
  async function arrive(socket) {
    await enter(socket, socket.data.entering);
    socket.emit("welcome", await view(socket));
  }

  /** Welcomes a person whose session was recovered: rooms and data are restored, and missed events are on their way. */
  async function resume(socket) {
    const { data } = socket;
    await presence.inTurn(async () => {
      data.nickname = await presence.freeNickname(data.room, data.wanted, data.userId);
    });
    socket.emit("resumed", { me: author(socket), room: data.room });
    notice(socket, "back");
    presence.changed(data.room);
  }

  async function enter(socket, room) {
    const { data } = socket;
    await presence.inTurn(async () => {
      const nickname = await presence.freeNickname(room, data.wanted, data.userId);
      if (data.room !== undefined) {
        socket.leave(channel(data.room));
        await leave(socket, "left");
      }
      Object.assign(data, { nickname, room });
      await socket.join(channel(room));
    });
    if (!(await presence.isElsewhere(room, data.userId, socket.id))) {
      notice(socket, "joined");
    }
    presence.changed(room);
  }

  async function leave(socket, kind) {
    const { room, userId } = socket.data;
    const from = author(socket);
    if (!(await presence.isElsewhere(room, userId, socket.id))) {
      io.to(channel(room)).emit("notice", { kind, at: Date.now(), ...from });
    }
    presence.changed(room);
  }

  /** Sends a message to the room in which it was written: its author may be in another room by now. */
  async function say(socket, content) {
    // a client repeats a message without an acknowledgement, though only the acknowledgement may have been lost
    let message = await history.find(content.room, socket.data.userId, content.nonce);
    if (message === undefined) {
      message = { id: randomUUID(), at: Date.now(), from: author(socket), ...content };
      await history.add(message);
      socket.to(channel(message.room)).emit("message", message);
    }
    return { id: message.id, at: message.at };
  }

  async function rename(socket, wanted) {
    const { data } = socket;
    await presence.inTurn(async () => {
      if (await presence.isTaken(data.room, wanted, data.userId)) {
        throw new Refusal(`Somebody in this room is called ${wanted} already.`);
      }
      const before = data.nickname;
      Object.assign(data, { wanted, nickname: wanted });
      if (before !== wanted) {
        notice(socket, "renamed", { before });
      }
    });
    presence.changed(data.room);
    return { me: author(socket) };
  }

  /** Sends an event to the others in the room. */
  function notice(socket, kind, more) {
    socket.to(channel(socket.data.room)).emit("notice", { kind, at: Date.now(), ...author(socket), ...more });
  }

  /** The data that a page needs to show a room. */
  async function view(socket) {
    const { room, wanted } = socket.data;
    return { me: author(socket), wanted, room, ...(await history.latest(room)), limits };
  }
}

function author({ data }) {
  return { id: data.userId, nickname: data.nickname };
}

/** A budget that refills over time. */
function allowance(most, perSecond) {
  let left = most;
  let since = Date.now();
  return (cost) => {
    const now = Date.now();
    left = Math.min(most, left + ((now - since) / 1000) * perSecond);
    since = now;
    if (left < cost) {
      return false;
    }
    left -= cost;
    return true;
  };
}

module.exports = { chat };
