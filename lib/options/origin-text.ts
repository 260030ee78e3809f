/** Brings the text of an origin into the form in which browsers send it. */

/** An origin as browsers send it (RFC 6454, section 6.1); undefined if no page can have it. */
export function serialisedOrigin(text: string): string | undefined {
  if (text === "null") {
    return text; // of sandboxed pages, and of files
  }
  if (!/^https?:/i.test(text)) {
    // pages of an application have a scheme of its own, such as "capacitor://localhost"
    const isOrigin = /^[a-z][a-z\d+.-]*:\/\/[^\s/?#*,@]*\/?$/i.test(text) && !/^wss?:/i.test(text);
    return isOrigin ? text.replace(/(?<=[^/])\/$/, "").toLowerCase() : undefined;
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isOrigin =
    url !== undefined &&
    url.href === `${url.origin}/` &&
    !/[?#*,]/.test(text) &&
    // new URL() would take "https:example.com" too
    /^https?:\/\/[^/]/i.test(text);
  return isOrigin ? url.origin : undefined;
}
