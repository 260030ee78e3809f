/** Connects to the server, and passes events between the server and the page. */
import { createComposer } from "./composer.js";
import { MessageLog } from "./messages.js";
import { Outbox } from "./outbox.js";
import { createPanels } from "./panels.js";
import { Rooms } from "./rooms.js";
import { recall, remember } from "./storage.js";
import { Typing } from "./typing.js";

const byId = (id) => document.getElementById(id);

const state = {
  key: recall("sessionStorage", "chat.key") ?? randomText(24),
  nickname: recall("localStorage", "chat.nickname") ?? "",
  /** The room that is shown. */
  room: roomOfAddress() || "lobby",
  /** The room that was chosen last, which is shown when the server has answered. */
  chosen: undefined,
  me: undefined,
  rooms: [],
  people: [],
  missed: 0,
  unseen: 0,
};
remember("sessionStorage", "chat.key", state.key);

// `retries`: an event without an answer is sent again, also after a reconnection; the server detects repetitions by nonce
const socket = io({
  autoConnect: false,
  auth: (send) => send({ key: state.key, nickname: state.nickname, room: state.room }),
  retries: 3,
  ackTimeout: 15_000,
});

const rooms = new Rooms();
const typing = new Typing({ onChange: showPeople });
const log = new MessageLog({ onRetry: (nonce) => outbox.transmit(nonce) });

const outbox = new Outbox({
  send: request,
  onChange: showDelivery,
  onFailed({ room }, error) {
    if (room !== state.room) {
      composer.problem(`A message to #${room} was not sent. ${error}`);
    }
  },
  onDelivered(message) {
    rooms.add(message);
    log.setDelivery(message.nonce, "delivered", "Delivered");
    showRooms();
  },
});

const panels = createPanels({
  onRoom: switchRoom,
  async onNickname(nickname, room) {
    if (state.me === undefined) {
      Object.assign(state, { nickname, room: room || "lobby" });
      socket.connect();
      return undefined;
    }
    const { error, me } = await request("nickname", nickname);
    if (error === undefined) {
      setMe(me, nickname);
    }
    return error;
  },
});

const composer = createComposer({
  onText: (text) => post({ text }),
  onImage: ({ name, type, size }, data) => post({ image: { name, type, size, data } }),
  onDraft: (text) => rooms.keepDraft(state.room, text),
  onTyping(isTyping) {
    // volatile: a typing notice that cannot be sent now is of no use later
    if (socket.connected) {
      socket.volatile.emit("typing", isTyping);
    }
  },
});

/* The connection */

socket.on("connect", () => {
  showConnection("on", "Connected");
  if (!socket.recovered) {
    rooms.doubt();
  }
  outbox.refresh();
});

socket.on("disconnect", () => {
  // counted from now on: missed messages arrive before the next "connect"
  state.missed = 0;
  typing.stopAll();
  if (socket.active) {
    showConnection("wait", "Offline", "You are offline. What you write is kept, and sent once you are back.");
  } else {
    showConnection("off", "Not connected", "The server has closed the connection.");
  }
  outbox.refresh();
});

socket.on("connect_error", (error) => {
  if (socket.active) {
    if (state.me === undefined) {
      showConnection("wait", "Connecting…", "The server does not answer. Trying again…");
      panels.waiting("The server does not answer. Trying again…");
    }
    return;
  }
  // the server has refused the client, with a reason
  showConnection("off", "Not connected");
  state.me = undefined;
  panels.askNickname({ nickname: state.nickname, room: state.room, problem: error.message });
});

byId("connect-again").addEventListener("click", () => {
  showConnection("wait", "Connecting…");
  socket.connect();
});

socket.io.on("open", () => {
  const { engine } = socket.io;
  const show = ({ name }) => {
    // for developers: long-polling first, then a WebSocket
    byId("chat").dataset.transport = name;
  };
  show(engine.transport);
  engine.on("upgrade", show);
});

// leaving the page is leaving the chat; a page from the browser's cache connects again
addEventListener("pagehide", () => socket.disconnect());
addEventListener("pageshow", (event) => {
  if (event.persisted && state.nickname !== "") {
    socket.connect();
  }
});

/* What the server says */

/** The server does not know this page, or no longer. */
socket.on("welcome", (view) => {
  const isBack = state.me !== undefined;
  const missed = showView(view);
  if (isBack) {
    welcomeBack(missed);
  }
});

/** The server has recovered the session, and has sent the missed events already. */
socket.on("resumed", ({ me, room }) => {
  setMe(me);
  welcomeBack(state.missed);
  if (room !== state.room) {
    switchRoom(state.room);
  }
});

socket.on("message", (message) => {
  if (!rooms.add(message)) {
    return;
  }
  state.missed++;
  typing.stop(message.from);
  if (message.room === state.room) {
    log.add(message, { mine: message.from.id === state.me?.id });
    countUnseen();
  }
});

socket.on("notice", ({ kind, id, nickname, before, at }) => {
  const texts = {
    joined: `${nickname} joined`,
    left: `${nickname} left`,
    lost: `${nickname} lost the connection`,
    back: `${nickname} is back`,
    renamed: `${before} is now called ${nickname}`,
  };
  typing.stop({ id });
  if (id !== state.me?.id && Object.hasOwn(texts, kind)) {
    log.notice(texts[kind], at);
  }
});

socket.on("people", (people) => {
  state.people = people;
  showPeople();
});

socket.on("rooms", (list) => {
  state.rooms = list;
  showRooms();
});

socket.on("typing", ({ id, nickname, typing: isTyping }) => {
  if (isTyping && id !== state.me?.id) {
    typing.start({ id, nickname });
  } else {
    typing.stop({ id });
  }
});

/* What the page says */

/** Sends an event, and resolves with the server's answer, or with `{ error }` without an answer. */
async function request(event, payload) {
  try {
    return await socket.emitWithAck(event, payload);
  } catch {
    return { error: "The server does not answer. Try again." };
  }
}

/** Sends a message to the room that is shown now, even if another room is shown when it is delivered. */
function post(content) {
  const message = { nonce: randomText(16), room: state.room, at: Date.now(), from: state.me, ...content };
  log.add(message, { mine: true });
  log.toLatest();
  outbox.add(message);
}

/** Resolves with the error, if there is one. */
async function switchRoom(name) {
  state.chosen = name;
  rooms.doubt();
  if (!socket.connected) {
    if (!state.rooms.some((room) => room.name === name)) {
      return "You are offline. A room that is not in the list can be opened once you are back.";
    }
    // the server follows at the next "welcome" or "resumed"
    state.people = [state.me];
    showPeople();
    showRoom(name);
    composer.focus();
    return undefined;
  }
  const { error, ...view } = await request("room", name);
  if (state.chosen !== name) {
    // another room was chosen meanwhile, perhaps without a connection: the server must follow
    return switchRoom(state.chosen);
  }
  if (error === undefined) {
    showView(view);
    composer.focus();
  }
  return error;
}

addEventListener("hashchange", async () => {
  const room = roomOfAddress();
  if (room && room !== state.room && state.me !== undefined) {
    composer.problem((await switchRoom(room)) ?? "");
    showAddress();
  }
});

/* What is shown */

/** Shows the server's list of a room; returns the number of messages of others that are new to this page. */
function showView({ me, wanted, room, limits, ...latest }) {
  setMe(me, wanted);
  composer.setLimits(limits);
  const unknown = rooms.update(room, latest).filter(({ from }) => from.id !== me.id);
  showRoom(room);
  if (me.nickname !== wanted) {
    log.notice(`There is another ${wanted} in this room: here you are ${me.nickname}`, Date.now());
  }
  return unknown.length;
}

/** Shows a room as far as this page knows it. */
function showRoom(room) {
  state.room = room;
  state.chosen = room;
  typing.stopAll();
  byId("room-title").textContent = room;
  composer.setRoom(room, rooms.draft(room));
  showAddress();
  log.reset(rooms.messages(room), state.me.id);
  for (const message of outbox.of(room)) {
    log.add(message, { mine: true });
  }
  outbox.refresh();
  log.toLatest();
  showRooms();
  panels.close();
  if (panels.welcomed()) {
    composer.focus();
  }
}

function welcomeBack(missed) {
  const texts = ["You are back. You missed nothing.", "You are back. You missed 1 message."];
  log.notice(texts[missed] ?? `You are back. You missed ${missed} messages.`, Date.now());
}

/** Shows below an own message that it is pending, or that it could not be sent. */
function showDelivery(message, error) {
  if (error !== undefined) {
    log.setDelivery(message.nonce, "failed", `Not sent. ${error}`);
  } else if (socket.connected) {
    log.setDelivery(message.nonce, "sending", "Sending…");
  } else {
    log.setDelivery(message.nonce, "waiting", "Waiting for the connection…");
  }
}

function setMe(me, wanted = state.nickname) {
  state.me = me;
  state.nickname = wanted;
  remember("localStorage", "chat.nickname", wanted);
  panels.showSelf(me);
  showPeople();
}

function showPeople() {
  panels.showPeople(state.people, { me: state.me?.id, typing: typing.ids });
}

function showRooms() {
  panels.showRooms(state.rooms, state.room, (room) => {
    const waiting = outbox.of(room).length;
    return waiting > 0 ? `${waiting} not sent` : rooms.draft(room) && "draft";
  });
}

/** Shows the state of the connection, as a word beside a light, and as a sentence across the page if necessary. */
function showConnection(light, word, sentence = "") {
  byId("chat").dataset.state = light;
  byId("connection").textContent = word;
  byId("banner").hidden = sentence === "";
  byId("banner-text").textContent = sentence;
  byId("connect-again").hidden = light !== "off";
}

function countUnseen() {
  state.unseen = document.hidden ? state.unseen + 1 : 0;
  showTitle();
}

function showAddress() {
  history.replaceState(null, "", `#${encodeURIComponent(state.room)}`);
  showTitle();
}

function showTitle() {
  document.title = `${state.unseen > 0 ? `(${state.unseen}) ` : ""}#${state.room} · Socket.IO chat`;
}

document.addEventListener("visibilitychange", () => {
  state.unseen = 0;
  showTitle();
});

/* Small things */

function roomOfAddress() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return "";
  }
}

/** crypto.randomUUID() exists on secure origins only, and a phone in the same network loads this page over http. */
function randomText(bytes) {
  return Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}

if (state.nickname === "") {
  panels.askNickname({ nickname: "", room: state.room });
} else {
  showConnection("wait", "Connecting…");
  socket.connect();
  outbox.restore();
}
