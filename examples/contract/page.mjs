// The page: the client of Socket.IO as it is. The contract gives it its types, and checks a message before it is sent.
import { chat } from "/chat.mjs";
import { io } from "/socket.io/socket.io.esm.min.js";

const [, token] = location.hash.split("#");

/** @type {import("socket.io/contract").ClientSocket<typeof import("./chat.zod.mjs").chat>} */
const socket = io({ auth: { token } });

const form = document.querySelector("form");
const { name, room, text } = form.elements;

function show(line) {
  document.querySelector("ol").appendChild(document.createElement("li")).textContent = line;
}

socket.on("connect_error", ({ message }) => show(`refused: ${message}`));
socket.on("whoami", (answer) => answer(name.value));
socket.on("message", (message) => show(`${message.from}: ${message.text}`));

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { value, error } = await socket.emitWithAck("join", room.value);
  show(
    error ? `${error.code} ${JSON.stringify(error.data ?? error.issues)}` : `${value.members} in the room`,
  );
});

text.addEventListener("change", async () => {
  const message = { room: room.value, text: text.value };
  const [schema] = chat.definition.clientToServer.message.args;
  const { issues } = await schema["~standard"].validate(message);
  if (issues) {
    // a part of a path is a key, or an object with the key
    show(`not sent: ${issues[0].path?.map((part) => part.key ?? part).join(".")}`);
    return;
  }
  const { error } = await socket.emitWithAck("message", message);
  show(error ? error.code : `sent: ${text.value.trim()}`);
});
