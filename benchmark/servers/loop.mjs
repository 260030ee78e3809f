/** Watches how long the event loop of this process is blocked. */

/** Returns a function that ends the watch, and returns the longest time between two timers of 1 ms, in milliseconds. */
export function watchLoop() {
  let last = performance.now();
  let longest = 0;
  let timer;
  const look = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    timer = setTimeout(look, 1);
  };
  look();
  return () => {
    look();
    clearTimeout(timer);
    return longest;
  };
}
