/** Calls a function several times in each turn of the event loop, at a constant rate of turns, for some time. */

/**
 * A server that does not keep up runs one turn after the other.
 *
 * @param {{ rate: number, burst: number, seconds: number }} plan
 * @param {() => void} once
 * @returns {Promise<{ sent: number, seconds: number }>}
 */
export function turns({ rate, burst, seconds }, once) {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    let done = 0;
    const turn = () => {
      const now = performance.now() - start;
      if (now >= seconds * 1000) {
        resolve({ sent: done * burst, seconds: now / 1000 });
        return;
      }
      const wait = (done * 1000) / rate - now;
      if (wait > 0) {
        setTimeout(turn, wait);
        return;
      }
      try {
        for (let i = 0; i < burst; i++) {
          once();
        }
      } catch (error) {
        reject(error);
        return;
      }
      done += 1;
      setImmediate(turn);
    };
    turn();
  });
}
