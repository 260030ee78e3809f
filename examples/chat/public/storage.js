/** What the browser keeps. Storage throws where the browser's settings forbid it; the chat works without. */

/** For this window, over a reload: `window.sessionStorage`. For all windows: `window.localStorage`. */
export function recall(storage, name) {
  try {
    return JSON.parse(window[storage].getItem(name)) ?? undefined;
  } catch {
    return undefined;
  }
}

export function remember(storage, name, value) {
  try {
    window[storage].setItem(name, JSON.stringify(value));
  } catch {}
}
