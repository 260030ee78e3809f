/** Connects to the server, and passes on what it says to the page and what the page says to it. */
import { createComposer } from "./composer.js";
import { element, MessageLog } from "./messages.js";
import { createPanels } from "./panels.js";

const TYPING_LASTS = 4000;

const byId = (id) => document.getElementById(id);

const state = {
  key: remembered(sessionStorage, "chat.key") ?? randomText(24),
  nickname: remembered(localStorage, "chat.nickname") ?? "",
  room: roomOfAddress() || "lobby",
  me: undefined,
  people: [],
  typing: new Map(),
  /** What was sent and has no answer yet, or could not be sent: by nonce. */
  outbox: new Map(),
  missed: 0,
  unseen: 0,
};
remember(sessionStorage, "chat.key", state.key);

// `retries`: what gets no answer is sent again, also after a reconnection; the server knows a message by its nonce
const socket = io({
  autoConnect: false,
  auth: (send) => send({ key: state.key, nickname: state.nickname, room: state.room }),
  retries: 3,
  ackTimeout: 15_000,
});

const log = new MessageLog({ onRetry: (nonce) => transmit(nonce) });

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
  onText: (text) => post("message", { text }),
  onImage: (file, data) => post("image", { name: file.name, data }, file),
  onTyping(typing) {
    // volatile: a typing notice that cannot be sent right now is of no use later
    if (socket.connected) {
      socket.volatile.emit("typing", typing);
    }
  },
});

/* The connection */

socket.on("connect", () => {
  showConnection("on", "Connected");
  const badge = byId("session");
  badge.hidden = false;
  badge.dataset.recovered = socket.recovered;
  badge.replaceChildren(
    socket.recovered ? "recovered" : "fresh",
    element("span", { className: "wide" }, " session"),
  );
  badge.title = socket.recovered
    ? "The server kept this session: it sent what was missed in the meantime."
    : "This session is new to the server: it sent the latest messages of the room.";
});

socket.on("disconnect", (reason) => {
  // counted from now on: what was missed comes even before the next "connect"
  state.missed = 0;
  clearTyping();
  byId("session").hidden = true;
  showTransport("");
  showConnection(
    socket.active ? "wait" : "off",
    socket.active ? "Connection lost, reconnecting…" : "Disconnected",
  );
  if (reason === "io server disconnect") {
    composer.problem("The server ended the connection. Reload the page to come back.");
  }
});

socket.on("connect_error", (error) => {
  if (socket.active) {
    showConnection("wait", "No connection, trying again…");
    panels.waiting("The server does not answer. Trying again…");
    return;
  }
  // refused by the server: it says why
  showConnection("off", "Not connected");
  showTransport("");
  state.me = undefined;
  panels.askNickname({ nickname: state.nickname, room: state.room, problem: error.message });
});

socket.io.on("open", () => {
  const { engine } = socket.io;
  const first = engine.transport.name;
  showTransport(first);
  engine.on("upgrade", (transport) => showTransport(`${first} → ${transport.name}`));
});

// leaving the page is leaving the chat; a page that comes back out of the browser's cache connects again
addEventListener("pagehide", () => socket.disconnect());
addEventListener("pageshow", (event) => {
  if (event.persisted && state.nickname !== "") {
    socket.connect();
  }
});

/* What the server says */

socket.on("welcome", showRoom);

socket.on("resumed", ({ me }) => {
  setMe(me);
  const missed = state.missed === 1 ? "1 missed message" : `${state.missed} missed messages`;
  log.notice(`Connection recovered, with ${missed}`, Date.now());
});

socket.on("message", (message) => {
  state.missed++;
  setTyping(message.from, false);
  log.add(message, { mine: message.from.id === state.me?.id });
  countUnseen();
});

socket.on("notice", ({ kind, id, nickname, before, at }) => {
  const texts = {
    joined: `${nickname} joined`,
    left: `${nickname} left`,
    lost: `${nickname} lost the connection`,
    back: `${nickname} is back`,
    renamed: `${before} is now called ${nickname}`,
  };
  setTyping({ id }, false);
  if (id !== state.me?.id && Object.hasOwn(texts, kind)) {
    log.notice(texts[kind], at);
  }
});

socket.on("people", (people) => {
  state.people = people;
  showPeople();
});

socket.on("rooms", (rooms) => panels.showRooms(rooms, state.room));

socket.on("typing", ({ id, nickname, typing }) => setTyping({ id, nickname }, typing));

/* What the page says */

/** Sends an event, and resolves with the server's answer or with `{ error }` when there is none. */
async function request(event, payload) {
  try {
    return await socket.emitWithAck(event, payload);
  } catch {
    return { error: "The server does not answer. Try again." };
  }
}

function post(event, content, file) {
  const nonce = randomText(16);
  const message = { nonce, at: Date.now(), from: state.me, ...content };
  if (event === "image") {
    message.image = { name: content.name, type: file.type, size: file.size, data: content.data };
  }
  state.outbox.set(nonce, { event, payload: { nonce, ...content }, message, room: state.room });
  log.add(message, { mine: true });
  log.toLatest();
  transmit(nonce);
}

async function transmit(nonce) {
  const item = state.outbox.get(nonce);
  item.error = undefined;
  log.setDelivery(nonce, "sending", socket.connected ? "Sending…" : "Waiting for the connection…");
  const { error } = await request(item.event, item.payload);
  if (error === undefined) {
    state.outbox.delete(nonce);
    log.setDelivery(nonce, "delivered", "Delivered");
  } else {
    item.error = error;
    log.setDelivery(nonce, "failed", error);
  }
}

async function switchRoom(name) {
  const { error, ...view } = await request("room", name);
  if (error === undefined) {
    showRoom(view);
    panels.close();
    composer.focus();
  }
  return error;
}

addEventListener("hashchange", async () => {
  const room = roomOfAddress();
  if (room && room !== state.room && state.me !== undefined) {
    const error = await switchRoom(room);
    if (error !== undefined) {
      composer.problem(error);
    }
  }
});

/* What is shown */

function showRoom({ me, wanted, room, messages, limits }) {
  state.room = room;
  setMe(me, wanted);
  composer.setLimits(limits);
  clearTyping();
  byId("room-title").textContent = room;
  byId("draft-label").textContent = `Message to ${room}`;
  history.replaceState(null, "", `#${encodeURIComponent(room)}`);
  showTitle();
  log.reset(messages, me.id);
  const known = new Set(messages.map((message) => message.nonce));
  for (const [nonce, item] of state.outbox) {
    if (item.room === room && !known.has(nonce)) {
      log.add(item.message, { mine: true });
      log.setDelivery(nonce, item.error ? "failed" : "sending", item.error ?? "Sending…");
    }
  }
  if (me.nickname !== wanted) {
    log.notice(`There is another ${wanted} in this room: here you are ${me.nickname}`, Date.now());
  }
  log.toLatest();
  panels.markRoom(room);
  if (panels.welcomed()) {
    composer.focus();
  }
}

function setMe(me, wanted = state.nickname) {
  state.me = me;
  state.nickname = wanted;
  remember(localStorage, "chat.nickname", wanted);
  panels.showSelf(me);
  showPeople();
}

function showPeople() {
  panels.showPeople(state.people, { me: state.me?.id, typing: new Set(state.typing.keys()) });
}

function setTyping({ id, nickname }, typing) {
  clearTimeout(state.typing.get(id)?.timer);
  if (typing && id !== state.me?.id) {
    // the notice that the typing has stopped may never come
    const timer = setTimeout(() => setTyping({ id }, false), TYPING_LASTS);
    state.typing.set(id, { nickname, timer });
  } else if (!state.typing.delete(id)) {
    return;
  }
  const names = [...state.typing.values()].map((person) => person.nickname);
  const [one, two] = names;
  const texts = ["", `${one} is typing`, `${one} and ${two} are typing`];
  const line = byId("typing");
  line.textContent = texts[names.length] ?? "Several people are typing";
  line.classList.toggle("active", names.length > 0);
  showPeople();
}

function clearTyping() {
  for (const id of [...state.typing.keys()]) {
    setTyping({ id }, false);
  }
}

function showConnection(light, text) {
  byId("light").dataset.state = light;
  byId("connection").textContent = text;
}

function showTransport(text) {
  byId("transport").textContent = text;
}

function countUnseen() {
  state.unseen = document.hidden ? state.unseen + 1 : 0;
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

/** Storage throws where the browser's settings forbid it; the chat works without. */
function remembered(storage, name) {
  try {
    return storage.getItem(name) ?? undefined;
  } catch {
    return undefined;
  }
}

function remember(storage, name, value) {
  try {
    storage.setItem(name, value);
  } catch {}
}

/** crypto.randomUUID() exists on secure origins only, and a phone in the same network sees this one over http. */
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
}
