/** Stores data in the browser. Storage throws if the browser's settings forbid it; the chat works without it. */

/** `window.sessionStorage` for this window, over a reload; `window.localStorage` for all windows. */
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
