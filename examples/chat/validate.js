/** Checks the data of clients: each function returns a clean value, or throws a Refusal with a message. */
const { createHash } = require("node:crypto");

const limits = {
  nickname: 20,
  room: 24,
  text: 1000,
  imageName: 80,
  imageBytes: 2 * 1024 * 1024,
};

/** A message for the person who sent the payload. */
class Refusal extends Error {}

/** The first bytes of each accepted image format. SVG is excluded on purpose: it can contain scripts. */
const signatures = [
  { type: "image/png", matches: (bytes) => startsWith(bytes, "89504e470d0a1a0a") },
  { type: "image/jpeg", matches: (bytes) => startsWith(bytes, "ffd8ff") },
  { type: "image/gif", matches: (bytes) => startsWith(bytes, "474946383761", "474946383961") },
  {
    type: "image/webp",
    matches: (bytes) => startsWith(bytes, "52494646") && bytes.toString("latin1", 8, 12) === "WEBP",
  },
];

function startsWith(bytes, ...prefixes) {
  return prefixes.some((prefix) => bytes.toString("hex", 0, prefix.length / 2) === prefix);
}

/** The data of a client when it connects. Its key is a secret, from which the public id is derived. */
function credentials(auth) {
  const { key, nickname, room } = object(auth, "the handshake");
  if (typeof key !== "string" || key.length < 16 || key.length > 64) {
    throw new Refusal("The key of this session is missing or malformed. Reload the page.");
  }
  const id = createHash("sha256").update(key).digest("base64url").slice(0, 16);
  return { id, nickname: toNickname(nickname), room: toRoom(room) };
}

function toNickname(value) {
  const nickname = string(value, "nickname").normalize("NFKC").replace(/\s+/gu, " ").trim();
  if (nickname === "") {
    throw new Refusal("Choose a nickname first.");
  }
  if (length(nickname) > limits.nickname) {
    throw new Refusal(`A nickname has at most ${limits.nickname} characters.`);
  }
  if (!/^[\p{L}\p{N}][\p{L}\p{M}\p{N} ._'’-]*$/u.test(nickname)) {
    throw new Refusal("A nickname starts with a letter or a digit, then may use spaces and . _ - ' too.");
  }
  return nickname;
}

function toRoom(value) {
  const room = string(value, "room name").normalize("NFKC").trim().toLowerCase().replace(/\s+/gu, "-");
  if (room === "") {
    throw new Refusal("Give the room a name.");
  }
  if (length(room) > limits.room) {
    throw new Refusal(`A room name has at most ${limits.room} characters.`);
  }
  if (!/^[\p{L}\p{N}][\p{L}\p{M}\p{N}_-]*$/u.test(room)) {
    throw new Refusal("A room name is made of letters, digits, - and _.");
  }
  return room;
}

function toText(payload) {
  const { nonce, room, text } = object(payload, "a message");
  // control characters (other than tab and line feed) and the marks that change the direction of text
  const clean = string(text, "message")
    .replace(/\r\n?/g, "\n")
    .replace(/(?![\t\n])[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, "")
    .trim();
  if (clean === "") {
    throw new Refusal("The message is empty.");
  }
  if (length(clean) > limits.text) {
    throw new Refusal(`A message has at most ${limits.text} characters; this one has ${length(clean)}.`);
  }
  return { nonce: toNonce(nonce), room: toRoom(room), text: clean };
}

function toImage(payload) {
  const { nonce, room, name, data } = object(payload, "an image");
  if (!Buffer.isBuffer(data)) {
    throw new Refusal("An image has to be sent as binary data.");
  }
  if (data.length > limits.imageBytes) {
    const megabytes = (bytes) => `${(bytes / 1024 / 1024).toFixed(1)} MB`;
    throw new Refusal(
      `The image is too large: ${megabytes(data.length)}, and the limit is ${megabytes(limits.imageBytes)}.`,
    );
  }
  const kind = signatures.find((signature) => signature.matches(data));
  if (kind === undefined) {
    throw new Refusal("This is not a PNG, JPEG, GIF or WebP image.");
  }
  const label = [...string(name ?? "", "file name").replace(/\p{Cc}/gu, "")]
    .slice(0, limits.imageName)
    .join("");
  const image = { name: label, type: kind.type, size: data.length, data };
  return { nonce: toNonce(nonce), room: toRoom(room), image };
}

/** The client's nonce of a message: the same nonce again means the same message, sent again. */
function toNonce(value) {
  if (typeof value !== "string" || !/^[\w-]{8,40}$/.test(value)) {
    throw new Refusal("The mark of the message (its nonce) is malformed.");
  }
  return value;
}

function object(value, what) {
  if (typeof value !== "object" || value === null || Buffer.isBuffer(value)) {
    throw new Refusal(`The content of ${what} is malformed.`);
  }
  return value;
}

function string(value, what) {
  // normalising or searching a very long string would be expensive
  if (typeof value !== "string" || value.length > limits.text * 10) {
    throw new Refusal(`The ${what} is not a text of reasonable length.`);
  }
  return value;
}

/** The number of characters as people count them, approximately: an emoji is one and not two. */
function length(text) {
  return [...text].length;
}

module.exports = { Refusal, credentials, limits, toImage, toNickname, toRoom, toText };
