/** Copies, shortens and quotes texts that clients have chosen. */

/**
 * Returns a copy of a string. A string that is cut from a larger one, such as the name of a namespace from a message,
 * keeps the larger one in memory, so a string that outlives its message must be copied.
 */
export function copyOf(text: string): string {
  return JSON.parse(JSON.stringify(text));
}

/** The largest number of characters of a client's text in messages and logs. */
const MAX_SHOWN = 100;

/** Characters that JSON does not escape, but that change the direction of text, end a line or control a terminal. */
const UNSAFE = /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;

/**
 * Returns a value as a text without line breaks and control characters, which are escaped as in JSON, and shortened to `max`
 * characters.
 */
export function escaped(value: unknown, max = MAX_SHOWN): string {
  const whole = JSON.stringify(textOf(value).slice(0, max + 1))
    .slice(1, -1)
    .replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return whole.length > max ? `${whole.slice(0, max)}…` : whole;
}

/** Returns a text like {@link escaped}, in quotes. */
export function quoted(value: unknown, max = MAX_SHOWN): string {
  return `"${escaped(value, max)}"`;
}

function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    // an object of a client may have its own member "toString"
    return Object.prototype.toString.call(value);
  }
}

/** Returns the beginning of an id, from which the id cannot be guessed. */
export function shortId(id: string): string {
  return `${escaped(id, Math.min(6, id.length >> 1)).replace(/…$/, "")}…`;
}

/** The ids of this library and of engine.io, with the namespace in the ids of protocol 3 clients (Socket.IO v2). */
const ID = /^((?:\/[^#]*#)?)([\w-]{20})$/;

/** The largest number of rooms in a line of a log. */
const MAX_ROOMS = 10;

/** Returns the names of rooms for a log. Shortens ids, which are the names of the rooms of single sockets. */
export function quotedRooms(rooms: unknown): string {
  const all = rooms instanceof Set || Array.isArray(rooms) ? [...rooms] : [rooms];
  const shown = all.slice(0, MAX_ROOMS).map((room) => {
    const [, namespace, id] = ID.exec(textOf(room)) ?? [];
    return id === undefined ? quoted(room) : `${escaped(namespace)}${shortId(id)}`;
  });
  return shown.join(", ") + (all.length > MAX_ROOMS ? `, … (${all.length})` : "");
}

/** The events and acknowledgements in messages of Engine.IO. Other packets may contain secrets. */
const EVENT_OR_ACK = /^4[2356]/;

/** Returns a received message for a log. Shows only the type and the length of packets that may contain secrets. */
export function shownMessage(message: string | Buffer): string {
  if (typeof message !== "string") {
    return `${message.length} bytes`;
  }
  const mayHaveSecrets = message.length > MAX_HARMLESS && !EVENT_OR_ACK.test(message);
  return mayHaveSecrets ? `${escaped(message, 2)} (${message.length} characters)` : escaped(message);
}

/** The largest length of heartbeats and probes. */
const MAX_HARMLESS = 6;
