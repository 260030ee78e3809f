/** Sends consecutive numbers at the times that the clock assigns to them: the same in all processes of a machine. */

/** The number that is due at a time in milliseconds since 1970. */
export const numberAt = (time, interval) => Math.floor(time / interval);

/**
 * @param {{ from: number, count: number, interval: number }} plan in milliseconds
 * @param {(number: number) => void} send
 * @returns {Promise<void>} after the last number
 */
export function ticks({ from, count, interval }, send) {
  let next = from;
  return new Promise((resolve) => {
    const look = () => {
      // after a block of the event loop, several are due
      for (; next <= numberAt(Date.now(), interval) && next < from + count; next++) {
        send(next);
      }
      if (next >= from + count) {
        resolve();
        return;
      }
      setTimeout(look, next * interval - Date.now());
    };
    look();
  });
}
