/** The panels around the conversation: rooms, people (both are drawers on a narrow screen) and the nickname. */
import { element, paintAvatar } from "./messages.js";

const byId = (id) => document.getElementById(id);

export function createPanels({ onRoom, onNickname }) {
  const shade = byId("shade");
  const dialog = byId("nickname-dialog");
  const drawers = [
    { button: byId("open-rooms"), panel: byId("rooms-panel"), narrow: matchMedia("(max-width: 639px)") },
    { button: byId("open-people"), panel: byId("people-panel"), narrow: matchMedia("(max-width: 1023px)") },
  ];
  let open;
  let entered = false;

  /* Drawers */

  function show(drawer) {
    const closing = open;
    open = drawer;
    for (const { button, panel, narrow } of drawers) {
      const shown = panel === drawer?.panel;
      panel.classList.toggle("open", shown);
      button.setAttribute("aria-expanded", `${shown}`);
      // the Tab key must not reach a closed drawer, nor the page behind an open one
      panel.inert = narrow.matches && !shown;
    }
    byId("chat").inert = drawer !== undefined;
    shade.hidden = drawer === undefined;
    if (drawer) {
      drawer.panel.querySelector(".close").focus();
    } else {
      closing?.button.focus();
    }
  }

  for (const drawer of drawers) {
    drawer.button.addEventListener("click", () => show(drawer));
    drawer.panel.querySelector(".close").addEventListener("click", () => show(undefined));
    drawer.narrow.addEventListener("change", () => show(undefined));
  }
  shade.addEventListener("click", () => show(undefined));
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && open !== undefined && !dialog.open) {
      show(undefined);
    }
  });
  show(undefined);

  /* Rooms */

  const roomForm = byId("room-form");
  const roomName = byId("room-name");

  roomForm.addEventListener("submit", async (event) => {
    event.preventDefault();
    const problem = await onRoom(roomName.value);
    showProblem("room-problem", roomName, problem);
    if (problem === undefined) {
      roomName.value = "";
    }
  });

  function roomRow({ name, count }, current, note) {
    const people = count === 1 ? "1 person" : `${count} people`;
    const button = element("button", { type: "button", className: "row" });
    button.dataset.room = name;
    button.ariaLabel = [name, count === 0 ? "empty" : people, ...(note ? [note] : [])].join(", ");
    button.append(
      element("span", { className: "hash" }, "#"),
      element("span", { className: "row-name" }, name),
      element("span", { className: "tag" }, note),
      element("span", { className: "count" }, count === 0 ? "" : `${count}`),
    );
    button.addEventListener("click", async () => {
      showProblem("room-problem", roomName, await onRoom(name));
    });
    if (name === current) {
      button.setAttribute("aria-current", "true");
    }
    return element("li", {}, button);
  }

  /* Nickname */

  const nickname = byId("nickname");
  const firstRoom = byId("first-room");

  function ask({ title, lead, submit, value, room, problem }) {
    byId("nickname-heading").textContent = title;
    byId("nickname-lead").textContent = lead;
    byId("nickname-submit").textContent = submit;
    byId("nickname-cancel").hidden = !entered;
    byId("first-room-field").hidden = entered;
    nickname.value = value;
    firstRoom.value = room ?? "";
    showProblem("nickname-problem", nickname, problem);
    if (!dialog.open) {
      dialog.showModal();
    }
    nickname.select();
  }

  byId("open-nickname").addEventListener("click", () => {
    ask({
      title: "Change your nickname",
      lead: "The others in the room are told.",
      submit: "Change it",
      value: byId("self-name").textContent,
    });
  });

  byId("nickname-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const submit = byId("nickname-submit");
    submit.disabled = true;
    const problem = await onNickname(nickname.value, firstRoom.value);
    submit.disabled = false;
    showProblem("nickname-problem", nickname, problem);
    if (problem !== undefined) {
      nickname.select();
    } else if (entered) {
      dialog.close();
    }
  });
  byId("nickname-cancel").addEventListener("click", () => dialog.close());
  // a nickname is required: Esc does not close the dialog without one
  dialog.addEventListener("cancel", (event) => entered || event.preventDefault());
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !entered) {
      event.preventDefault();
    }
  });

  return {
    close: () => open && show(undefined),

    /** `noteOf(room)`: a note about a room other than the current one, or "". */
    showRooms(rooms, current, noteOf) {
      const list = byId("rooms");
      const focused = list.contains(document.activeElement) ? document.activeElement.dataset.room : undefined;
      list.replaceChildren(
        ...rooms.map((room) => roomRow(room, current, room.name === current ? "" : noteOf(room.name))),
      );
      if (focused !== undefined) {
        const rows = [...list.querySelectorAll("button")];
        const same = rows.find((row) => row.dataset.room === focused) ?? rows.find((row) => row.ariaCurrent);
        same?.focus();
      }
    },

    showPeople(people, { me, typing }) {
      byId("people-count").textContent = people.length;
      byId("open-people").ariaLabel = `People in this room: ${people.length}`;
      byId("people").replaceChildren(
        ...people.map((person) => {
          const row = element("li", { className: "row" });
          row.append(
            paintAvatar(element("span", { className: "avatar", ariaHidden: "true" }), person),
            element("span", { className: "row-name" }, person.nickname),
          );
          if (person.id === me || typing.has(person.id)) {
            row.append(element("span", { className: "tag" }, person.id === me ? "you" : "typing"));
          }
          return row;
        }),
      );
    },

    showSelf(me) {
      byId("open-nickname").hidden = false;
      byId("self-name").textContent = me.nickname;
      paintAvatar(byId("self-avatar"), me);
    },

    /** Asks for a nickname before the first connection, or after the server has refused one. */
    askNickname({ nickname: value, room, problem }) {
      entered = false;
      ask({
        title: "Who are you?",
        lead: "Choose a nickname and walk in. No account, no password.",
        submit: "Enter the chat",
        value,
        room,
        problem,
      });
    },

    /** Shows in the dialog, if it is open for the first connection, why nothing happens yet. */
    waiting(problem) {
      if (dialog.open && !entered) {
        byId("nickname-problem").textContent = problem;
      }
    },

    /** Closes the dialog once the server has accepted the nickname; returns whether the focus is free now. */
    welcomed() {
      const asked = !entered && dialog.open;
      entered = true;
      if (asked) {
        dialog.close();
      }
      return asked || document.activeElement === document.body;
    },
  };
}

function showProblem(id, field, problem = "") {
  byId(id).textContent = problem;
  field.setAttribute("aria-invalid", `${problem !== ""}`);
}
