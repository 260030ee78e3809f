/** Converts the text of an origin, such as "https://example.com/", to the form in which browsers send it. */

/** Returns an origin in the form that browsers send (RFC 6454, section 6.1); `undefined` if no page can have this origin. */
export function serialisedOrigin(text: string): string | undefined {
  if (text === "null") {
    return text; // the origin of sandboxed pages and of files
  }
  if (!/^https?:/i.test(text)) {
    // pages in mobile and desktop applications have other schemes, as in "capacitor://localhost"
    const isOrigin = /^[a-z][a-z\d+.-]*:\/\/[^\s/?#*,@]*\/?$/i.test(text) && !/^wss?:/i.test(text);
    return isOrigin ? text.replace(/(?<=[^/])\/$/, "").toLowerCase() : undefined;
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isOrigin =
    url !== undefined &&
    url.href === `${url.origin}/` &&
    !/[?#*,]/.test(text) &&
    // new URL() also accepts "https:example.com"
    /^https?:\/\/[^/]/i.test(text);
  return isOrigin ? url.origin : undefined;
}
