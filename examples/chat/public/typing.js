/** The people who are typing: a line below the messages, which is also removed if the final notice never arrives. */

const LASTS = 4000;

export class Typing {
  #people = new Map();
  #line = document.getElementById("typing");
  #onChange;

  constructor({ onChange }) {
    this.#onChange = onChange;
  }

  /** The ids of the people who are typing. */
  get ids() {
    return new Set(this.#people.keys());
  }

  start({ id, nickname }) {
    this.#forget(id);
    const timer = setTimeout(() => this.stop({ id }), LASTS);
    this.#people.set(id, { nickname, timer });
    this.#show();
  }

  stop({ id }) {
    if (this.#forget(id)) {
      this.#show();
    }
  }

  stopAll() {
    for (const id of this.ids) {
      this.stop({ id });
    }
  }

  #forget(id) {
    clearTimeout(this.#people.get(id)?.timer);
    return this.#people.delete(id);
  }

  #show() {
    const names = [...this.#people.values()].map(({ nickname }) => nickname);
    const [one, two] = names;
    const texts = ["", `${one} is typing`, `${one} and ${two} are typing`];
    this.#line.textContent = texts[names.length] ?? "Several people are typing";
    this.#line.classList.toggle("active", names.length > 0);
    this.#onChange();
  }
}
