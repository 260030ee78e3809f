/** The list of messages: bubbles grouped by sender, notices, days, images. All text is set as text. */
import { withLinks } from "./links.js";

const GROUP_LASTS = 5 * 60 * 1000;
const MOST_ENTRIES = 500;
const lost =
  "The server has lost the messages above, probably in a restart. Pages that were open still show them.";

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const calendar = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });

/** Creates an element: `element("p", { className: "x" }, "text", child)`. */
export function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** A coloured disc with initials; the colour depends on the id only. */
export function paintAvatar(avatar, { id, nickname }) {
  let hash = 7;
  for (const character of id) {
    hash = (hash * 31 + character.codePointAt(0)) >>> 0;
  }
  avatar.style.setProperty("--hue", `${(hash * 47) % 360}`);
  const [first, second] = nickname.split(/[\s._-]+/u).filter(Boolean);
  const letters = second ? [...first].slice(0, 1).concat([...second][0]) : [...first].slice(0, 2);
  avatar.textContent = letters.join("").toUpperCase();
  return avatar;
}

export class MessageLog {
  #list = document.getElementById("messages");
  #scroller = document.getElementById("scroller");
  #button = document.getElementById("to-latest");
  #empty = document.getElementById("empty");
  #viewer = document.getElementById("viewer");
  #previous;
  #day;
  #unread = 0;
  #atEnd = true;
  #lastTop = 0;
  #onRetry;

  constructor({ onRetry }) {
    this.#onRetry = onRetry;
    // allows scrolling with keys, also in browsers that do not focus scrollable elements
    this.#scroller.tabIndex = 0;
    this.#button.addEventListener("click", () => this.toLatest());
    this.#scroller.addEventListener("scroll", () => {
      const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
      if (scrollHeight - scrollTop - clientHeight < 60) {
        this.#atEnd = true;
        this.#showUnread(0);
      } else if (scrollTop < this.#lastTop) {
        // the person scrolls up; an image that loads below would not change the position
        this.#atEnd = false;
      }
      this.#lastTop = scrollTop;
    });
    // the field grows, the phone turns, an image loads: a list that is at its end remains at its end
    const follow = new ResizeObserver(() => this.#atEnd && this.toLatest());
    follow.observe(this.#scroller);
    follow.observe(this.#list);
    this.#viewer.addEventListener("click", (event) => event.target === this.#viewer && this.#viewer.close());
  }

  /** Starts again with the latest messages of a room. */
  reset(messages, ownId) {
    // the log is a live region: earlier messages must not be read aloud as new ones
    const region = this.#list.parentElement;
    region.setAttribute("aria-live", "off");
    for (const entry of [...this.#list.children]) {
      this.#remove(entry);
    }
    this.#previous = undefined;
    this.#day = undefined;
    this.#showUnread(0);
    this.#empty.hidden = false;
    for (const [index, message] of messages.entries()) {
      const mine = message.from.id === ownId;
      this.add(message, { mine });
      if (mine) {
        this.setDelivery(message.nonce, "delivered", "Delivered");
      }
      if (message.isLost && !messages[index + 1]?.isLost) {
        this.#append(element("li", { className: "lost" }, lost));
        this.#previous = undefined;
      }
    }
    this.toLatest();
    setTimeout(() => region.setAttribute("aria-live", "polite"), 100);
  }

  add(message, { mine }) {
    if (this.#find(message.nonce) !== null) {
      return;
    }
    this.#startDay(message.at);
    const { from, at, nonce, image } = message;
    const previous = this.#previous;
    const continues =
      previous?.id === from.id && previous.nickname === from.nickname && at - previous.at < GROUP_LASTS;
    this.#previous = { ...from, at };

    const bubble = element("div", { className: "bubble" });
    bubble.append(...(image ? [this.#picture(image)] : withLinks(message.text)));
    bubble.classList.toggle("picture", image?.data !== undefined);
    const time = element("time", { dateTime: new Date(at).toISOString() }, clock.format(at));
    const by = element("p", { className: "by" });
    by.append(element("span", { className: "name" }, mine ? "You" : from.nickname), time);
    const entry = element("li", {
      className: `message ${mine ? "mine" : "theirs"} ${continues ? "more" : "first"}`,
    });
    entry.dataset.nonce = nonce;
    bubble.title = time.textContent;
    entry.append(paintAvatar(element("span", { className: "avatar", ariaHidden: "true" }), from), by, bubble);
    this.#append(entry);
    if (!mine) {
      this.#showUnread(this.#atEnd ? 0 : this.#unread + 1);
    }
  }

  notice(text, at) {
    this.#startDay(at);
    this.#previous = undefined;
    const time = element("time", { dateTime: new Date(at).toISOString() }, clock.format(at));
    this.#append(element("li", { className: "notice" }, `${text} `, time));
  }

  /** Shows the state of an own message: "sending", "waiting", "delivered" or "failed". */
  setDelivery(nonce, stage, text) {
    const entry = this.#find(nonce);
    if (entry === null) {
      return;
    }
    entry.dataset.stage = stage;
    entry.querySelector(".delivery")?.remove();
    const line = element("p", { className: "delivery" }, element("span", {}, text));
    if (stage === "sending" && entry.querySelector("img")) {
      line.prepend(element("progress", { ariaLabel: "Sending the image" }));
    }
    if (stage === "failed") {
      const retry = element("button", { type: "button", className: "link-button" }, "Try again");
      retry.addEventListener("click", () => this.#onRetry(nonce));
      line.append(" ", retry);
    }
    entry.append(line);
  }

  toLatest() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#atEnd = true;
    this.#showUnread(0);
  }

  #append(entry) {
    this.#empty.hidden = true;
    this.#list.append(entry);
    if (this.#list.children.length > MOST_ENTRIES) {
      this.#remove(this.#list.firstElementChild);
    }
    if (this.#atEnd) {
      this.toLatest();
    }
  }

  #find(nonce) {
    return this.#list.querySelector(`[data-nonce="${CSS.escape(nonce)}"]`);
  }

  #remove(entry) {
    const image = entry.querySelector("img");
    if (image) {
      URL.revokeObjectURL(image.src);
    }
    entry.remove();
  }

  #startDay(at) {
    const day = new Date(at).toDateString();
    if (day !== this.#day) {
      this.#day = day;
      this.#previous = undefined;
      const yesterday = new Date(Date.now() - 24 * 60 * 60 * 1000).toDateString();
      const names = { [new Date().toDateString()]: "Today", [yesterday]: "Yesterday" };
      this.#list.append(element("li", { className: "day" }, names[day] ?? calendar.format(at)));
    }
  }

  #picture({ name, type, size, data }) {
    const label = name || "Image";
    if (data === undefined) {
      return element("span", { className: "gone" }, `${label} (an earlier image, no longer kept)`);
    }
    const image = element("img", { alt: label });
    image.addEventListener("load", () => this.#atEnd && this.toLatest());
    image.addEventListener("error", () => {
      image
        .closest("button")
        ?.replaceWith(element("span", { className: "gone" }, `${label} (cannot be shown)`));
    });
    image.src = URL.createObjectURL(new Blob([data], { type }));
    const open = element(
      "button",
      { type: "button", className: "open-picture", title: caption(label, size) },
      image,
    );
    open.addEventListener("click", () => {
      const large = document.getElementById("viewer-image");
      large.src = image.src;
      large.alt = label;
      this.#viewer.showModal();
    });
    return open;
  }

  #showUnread(count) {
    this.#unread = count;
    this.#button.hidden = count === 0;
    this.#button.textContent = count === 1 ? "1 new message" : `${count} new messages`;
  }
}

function caption(label, size) {
  return `${label}, ${size < 1024 * 1024 ? `${Math.ceil(size / 1024)} KB` : `${(size / 1024 / 1024).toFixed(1)} MB`}`;
}
