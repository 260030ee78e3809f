/** The messages: about 100 bytes on the wire, with each protocol. */

/** Occurs once in each message and nowhere else, for protocols that put several messages into one frame. */
export const marker = "~";

/** The data of a broadcast and of a chat message. */
export const message = {
  from: "user-0042",
  text: `${marker} the quick brown fox jumps over the lazy dog, again`,
};

/** The data of an acknowledgement. */
export const answer = { status: "ok" };
