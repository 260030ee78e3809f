/** The messages: about 100 bytes on the wire, with each protocol, unless a row has larger ones. */

/** Occurs once in each message and nowhere else, for protocols that put several messages into one frame. */
export const marker = "~";

/** The data of a broadcast and of a chat message. */
export const message = {
  from: "user-0042",
  text: `${marker} the quick brown fox jumps over the lazy dog, again`,
};

/** A message with more data, of about `bytes` bytes in all: prices, which are compressed to about a third. */
export function messageOf(bytes = 0) {
  const items = [];
  let length = JSON.stringify({ ...message, items }).length;
  for (let i = 1; length < bytes; i++) {
    const item = { symbol: `S${(i * 7919) % 997}`, price: ((i * 104_729) % 100_003) / 100, volume: i * 31 };
    length += JSON.stringify(item).length + 1;
    items.push(item);
  }
  return items.length > 0 ? { ...message, items } : message;
}

/** The data of an acknowledgement. */
export const answer = { status: "ok" };
