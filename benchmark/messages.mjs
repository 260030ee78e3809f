/** What is sent: about 100 bytes on the wire, whichever protocol wraps it. */

/** Stands in each message once and nowhere else, for protocols that put several messages into one frame. */
export const marker = "~";

/** The data of a broadcast and of a chat message. */
export const message = {
  from: "user-0042",
  text: `${marker} the quick brown fox jumps over the lazy dog, again`,
};

/** What an acknowledgement answers. */
export const answer = { status: "ok" };
