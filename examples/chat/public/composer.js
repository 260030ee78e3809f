/** The field for messages: text, images from the file button, the clipboard or a drop, and typing notices. */

const imageTypes = ["image/png", "image/jpeg", "image/gif", "image/webp"];
/** The interval of notices while a person types, and the pause after which typing has ended. */
const TYPING_REPEATS = 2000;
const TYPING_PAUSE = 2500;

const byId = (id) => document.getElementById(id);

export function createComposer({ onText, onImage, onDraft, onTyping }) {
  const form = byId("composer");
  const draft = byId("draft");
  const file = byId("file");
  const problemBox = byId("problem");
  const drop = byId("drop");
  let limits = { text: 1000, imageBytes: 2 * 1024 * 1024 };
  let typingSince = 0;
  let typingTimer;

  function problem(text) {
    problemBox.hidden = text === "";
    byId("problem-text").textContent = text;
  }

  function fitDraft() {
    draft.style.height = "auto";
    draft.style.height = `${draft.scrollHeight}px`;
    const left = limits.text - [...draft.value].length;
    byId("remaining").textContent = left <= 100 ? `${left}` : "";
    byId("remaining").classList.toggle("over", left < 0);
  }

  function typingStarted() {
    clearTimeout(typingTimer);
    typingTimer = setTimeout(typingStopped, TYPING_PAUSE);
    if (Date.now() - typingSince > TYPING_REPEATS) {
      typingSince = Date.now();
      onTyping(true);
    }
  }

  function typingStopped() {
    clearTimeout(typingTimer);
    if (typingSince !== 0) {
      typingSince = 0;
      onTyping(false);
    }
  }

  async function sendImages(files) {
    problem("");
    for (const image of files) {
      const reason = imageProblem(image);
      if (reason === undefined) {
        onImage(image, await image.arrayBuffer());
      } else {
        problem(reason);
      }
    }
  }

  function imageProblem({ name, type, size }) {
    if (!imageTypes.includes(type)) {
      return `${name || "This file"} is not a PNG, JPEG, GIF or WebP image.`;
    }
    if (size > limits.imageBytes) {
      return `${name || "This image"} is too large: ${megabytes(size)}, and the limit is ${megabytes(limits.imageBytes)}.`;
    }
    return size === 0 ? `${name || "This image"} is empty.` : undefined;
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = draft.value.trim();
    const length = [...text].length;
    if (length > limits.text) {
      problem(`A message has at most ${limits.text} characters; this one has ${length}.`);
    } else if (text !== "") {
      problem("");
      draft.value = "";
      onDraft("");
      fitDraft();
      typingStopped();
      onText(text);
    }
    draft.focus();
  });

  draft.addEventListener("keydown", (event) => {
    // while an input method composes a character, Enter belongs to it
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    }
  });

  draft.addEventListener("input", () => {
    onDraft(draft.value);
    fitDraft();
    if (draft.value.trim() === "") {
      typingStopped();
    } else {
      typingStarted();
    }
  });

  byId("problem-close").addEventListener("click", () => {
    problem("");
    draft.focus();
  });

  document.querySelector(".skip").addEventListener("click", (event) => {
    // not as a link: the part after # in the address is the room
    event.preventDefault();
    draft.focus();
  });

  byId("attach").addEventListener("click", () => file.click());
  file.addEventListener("change", async () => {
    await sendImages([...file.files]);
    // so that the same file can be chosen again
    file.value = "";
  });

  document.addEventListener("paste", (event) => {
    const files = [...event.clipboardData.files];
    if (files.length > 0 && document.querySelector("dialog[open]") === null) {
      event.preventDefault();
      sendImages(files);
    }
  });

  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
  addEventListener("dragover", (event) => {
    if (hasFiles(event)) {
      event.preventDefault();
      drop.hidden = false;
    }
  });
  addEventListener("dragleave", (event) => {
    // null: the pointer has left the window
    if (event.relatedTarget === null) {
      drop.hidden = true;
    }
  });
  addEventListener("drop", (event) => {
    drop.hidden = true;
    if (hasFiles(event)) {
      event.preventDefault();
      sendImages([...event.dataTransfer.files]);
    }
  });

  return {
    problem,
    /** Shows the room of the message, and restores its draft. */
    setRoom(room, text) {
      byId("draft-label").textContent = `Message to ${room}`;
      draft.placeholder = `Message to #${room}`;
      if (draft.value !== text) {
        typingStopped();
        draft.value = text;
        fitDraft();
      }
    },
    setLimits(known) {
      limits = known;
      fitDraft();
    },
    focus() {
      // on a phone, the focus would open the keyboard, over half of the conversation
      if (matchMedia("(pointer: fine)").matches) {
        draft.focus();
      }
    },
  };
}

function megabytes(bytes) {
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
